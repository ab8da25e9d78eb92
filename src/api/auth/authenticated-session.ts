import type { Role } from '../../base/caller.ts'
import { networkOf } from '../limits/address-shares.ts'

/** The person or program that sends a request. `requestedBy` and the change log record the name. */
export interface Viewer {
  readonly name: string
  readonly role: Role
}

/** An authenticated viewer and how long the authentication is valid. */
export interface AuthenticatedSession {
  readonly viewer: Viewer
  /** The id of the API token; revoking that token ends the session. Null if no API token was used. */
  readonly tokenId: number | null
  /** The time at which the session expires, in epoch milliseconds; null if it does not expire. */
  readonly expiresAt: number | null
}

/** The session of every caller if authentication is off. */
export const ANONYMOUS: AuthenticatedSession = {
  viewer: { name: 'anonymous', role: 'ADMIN' },
  tokenId: null,
  expiresAt: null,
}

/**
 * Returns the key under which a caller's share of the gateway is counted: the name of the token or user, or
 * the network address if authentication is off.
 *
 * @param address of the client, as far as it is known
 */
export function callerOf({ viewer }: AuthenticatedSession, address: string): string {
  return viewer.name === ANONYMOUS.viewer.name ? `address ${networkOf(address)}` : `name ${viewer.name}`
}
