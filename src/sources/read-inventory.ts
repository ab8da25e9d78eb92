import type { Inventory } from '../inventory/record.ts'
import { FORMATS, type InventoryFormat } from './inventory-format.ts'
import { readInThread } from './read-in-thread.ts'
import { decodeTexts, peek, type ReadOptions } from './texts.ts'

/** Characters of a document from which a thread is worth its start, which takes as long as to parse as many. */
const LARGE = 2 * 1024 * 1024

/** Reads an inventory from bytes, in UTF-8 or UTF-16, that arrive piece by piece. */
export async function readInventory(
  format: InventoryFormat,
  bytes: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): Promise<Inventory> {
  const texts = decodeTexts(bytes, options.subject)
  if (format === 'ndjson' || format === 'csv') return await FORMATS[format](texts, options)
  const { isWhole, all } = await peek(texts, LARGE)
  return await (isWhole ? FORMATS[format](all, options) : readInThread(format, all, options))
}
