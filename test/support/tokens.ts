import type { Role } from '../../src/base/caller.ts'
import { newTokenSecret, tokenHash } from '../../src/base/token-secret.ts'
import type { Store } from '../../src/store/store.ts'

/** The secret of a new API token. */
export async function newToken(store: Store, name: string, role: Role): Promise<string> {
  const secret = newTokenSecret()
  await store.tokens.create({ name, role, hash: tokenHash(secret), at: Date.now() })
  return secret
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` }
}
