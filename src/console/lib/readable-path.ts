/**
 * The path of an address that somebody typed or cut off, as the router can read it: without empty parts, and
 * with each `%` taken as itself if the whole is not encoded correctly. Others stay as they are.
 */
export function readable(path: string): string {
  const whole = path.replaceAll(/\/{2,}/g, '/')
  return isEncoded(whole) ? whole : whole.replaceAll('%', '%25')
}

function isEncoded(path: string): boolean {
  try {
    // The minifier removes a call whose result nobody uses.
    return decodeURIComponent(path) !== ''
  } catch {
    return false
  }
}
