import { createHash, randomBytes } from 'node:crypto'

/** The prefix lets programs that scan for leaked secrets recognise one of Rollcall. */
const SECRET = /^rollcall_[A-Za-z0-9_-]{43}$/

/** Creates a secret of 256 random bits. */
export function newTokenSecret(): string {
  return `rollcall_${randomBytes(32).toString('base64url')}`
}

export function isTokenSecret(text: string): boolean {
  return SECRET.test(text)
}

/**
 * Returns the hash to store for a secret. A fast hash is enough, because nobody can guess 256 random bits.
 */
export function tokenHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
