import type { HttpAnswer } from './http-exchange.ts'

const MAX_BYTES = 16 * 1024
const SHOWN_LENGTH = 200
/** Shorter secrets are part of many ordinary words. */
const MIN_SECRET_LENGTH = 4

/**
 * Returns the reason that an error answer gives in JSON, on one line and without the secrets; null if the
 * answer is not JSON, too long, or incomplete. SWIS has the reason in `Message`, NetBox in `detail`. /
 */
export async function readServerWords(
  { body }: HttpAnswer,
  secrets: readonly string[],
): Promise<string | null> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body) {
    length += piece.length
    if (length > MAX_BYTES) return null
    pieces.push(piece)
  }
  const words = wordsOf(Buffer.concat(pieces).toString())
  if (words === null) return null
  const clean = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .reduce((text, secret) => text.replaceAll(secret, '[secret]'), words)
  const line = clean
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .toWellFormed()
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH)}…` : line || null
}

function wordsOf(text: string): string | null {
  try {
    const said: unknown = JSON.parse(text)
    if (typeof said !== 'object' || said === null) return null
    const words: unknown = 'Message' in said ? said.Message : 'detail' in said ? said.detail : null
    return typeof words === 'string' ? words.replace(/\.$/, '') : text
  } catch {
    return null
  }
}
