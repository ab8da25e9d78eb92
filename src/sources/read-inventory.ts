import type { Inventory } from '../inventory/record.ts'
import { FORMATS, type InventoryFormat } from './inventory-format.ts'
import { readInThread } from './read-in-thread.ts'
import type { ReadOptions } from './read-options.ts'
import { decodeUtf8 } from './texts.ts'

/** Characters of a document from which a thread is worth its start, which takes as long as to parse as many. */
const LARGE = 2 * 1024 * 1024

/** Reads an inventory from UTF-8 bytes that arrive piece by piece. */
export async function readInventory(
  format: InventoryFormat,
  bytes: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): Promise<Inventory> {
  const texts = decodeUtf8(bytes, options.subject)
  if (format === 'ndjson' || format === 'csv') return await FORMATS[format](texts, options)
  const pieces: string[] = []
  let length = 0
  for (;;) {
    const { done, value } = await texts.next()
    if (done) return await FORMATS[format](each(pieces), options)
    pieces.push(value)
    length += value.length
    if (length > LARGE) return await readInThread(format, each(pieces, texts), options)
  }
}

async function* each(
  pieces: readonly string[],
  rest: AsyncIterable<string> | null = null,
): AsyncGenerator<string> {
  yield* pieces
  if (rest !== null) yield* rest
}
