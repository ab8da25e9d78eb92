import { type Admission, ANONYMOUS } from '../auth/admission.ts'
import { networkOf } from '../limits/network-of.ts'

/**
 * The name that a caller's share is kept under: that of the token or user, or the address if nobody is asked who they are.
 *
 * @param address of the client, as far as it is known
 */
export function callerOf({ viewer }: Admission, address: string): string {
  return viewer.name === ANONYMOUS.viewer.name ? `address ${networkOf(address)}` : `name ${viewer.name}`
}
