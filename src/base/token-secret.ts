import { createHash, randomBytes } from 'node:crypto'

/** By its beginning, programs that look for secrets where none should be can tell one of ours. */
const SECRET = /^rollcall_[A-Za-z0-9_-]{43}$/

/** A secret of 256 random bits. */
export function newTokenSecret(): string {
  return `rollcall_${randomBytes(32).toString('base64url')}`
}

export function isTokenSecret(text: string): boolean {
  return SECRET.test(text)
}

/** What is kept of a secret. A plain hash will do: nobody can try 256 random bits out. */
export function tokenHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
