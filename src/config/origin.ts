/** Stands for the origins of this machine in a list of origins: localhost and loopback addresses, with any port. */
export const LOOPBACK = 'loopback'

export const ORIGIN = 'an origin such as https://noc.example.org, without a path'

/** Whether this is an origin as browsers write it. They never send one with a wildcard. */
export function isOrigin(given: string): boolean {
  return /^https?:[^*]+$/.test(given) && URL.parse(given)?.origin === given
}
