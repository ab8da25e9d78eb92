import { utimes, writeFile } from 'node:fs/promises'

/** Long enough ago for a file source to take the file for complete. */
const AGE_S = 60

/** Writes a file as if that had been done a minute ago, so that a source reads it without waiting for it to settle. */
export async function writeSettled(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(path, content)
  await settle(path)
}

/** Dates a file a minute back. */
export async function settle(path: string): Promise<void> {
  const at = Date.now() / 1_000 - AGE_S
  await utimes(path, at, at)
}
