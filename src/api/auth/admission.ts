import type { Role } from '../../base/role.ts'

/** Who asks. The name is what `requestedBy` and the change log say. */
export interface Viewer {
  readonly name: string
  readonly role: Role
}

/** That somebody was let in, and how long for. */
export interface Admission {
  readonly viewer: Viewer
  /** Of the API token, whose revocation ends it; null where it came by none. */
  readonly tokenId: number | null
  /** Epoch milliseconds at which it ends by itself; null where it does not. */
  readonly expiresAt: number | null
}

/** Everybody's, where the gateway asks nobody who they are. */
export const ANONYMOUS: Admission = {
  viewer: { name: 'anonymous', role: 'ADMIN' },
  tokenId: null,
  expiresAt: null,
}
