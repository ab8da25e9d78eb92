/** In a list of origins, stands for those of this machine: localhost and loopback addresses, any port. */
export const LOOPBACK = 'loopback'

export const ORIGIN = 'an origin such as https://noc.example.org, without a path'

/** Whether this is an origin as browsers write it. They never send one with a wildcard. */
export function isOrigin(given: string): boolean {
  return /^https?:[^*]+$/.test(given) && URL.parse(given)?.origin === given
}
