import { Worker } from 'node:worker_threads'
import { RollcallError, systemCodeOf } from '../../base/errors.ts'
import { moduleUrl } from '../../base/module-url.ts'
import { SharedTexts } from '../../inventory/check-inventory.ts'
import type { Inventory, InventoryRecord, RejectedRecord } from '../../inventory/record.ts'
import { sourceFailure } from '../source.ts'
import { FORMATS, type InventoryFormat } from './inventory-format.ts'
import { decodeTexts, type FormatOptions, peek, type ReadOptions, tooLarge } from './texts.ts'

/**
 * The least characters of a document that a thread reads, some thousand records. Smaller ones are parsed
 * within some milliseconds, and the start of a thread takes longer.
 */
const LARGE = 256 * 1024

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

// The messages between `readInThread` and its thread. Plain data.

export interface DocumentThreadData {
  format: InventoryFormat
  options: FormatOptions
}

/** A piece of the text; null after the last one; `more` asks for the next part of the inventory. */
export type DocumentOrder = { piece: string | null } | { more: true }

/** Why the text cannot be used, or a part of the inventory; the last part has the rest of it. */
export type DocumentAnswer =
  | { failure: string }
  | {
      records: InventoryRecord[]
      rejected: RejectedRecord[]
      rest: Omit<Inventory, 'records' | 'rejected'> | null
    }

const THREAD = moduleUrl('./document-thread.ts', import.meta.url)

/**
 * Reads a document and checks its records in a thread of its own. For a large one that takes seconds, in
 * which the API would not answer. Rejects as the format's reader does, and as soon as the signal is aborted.
 */
async function readInThread(
  format: DocumentThreadData['format'],
  texts: AsyncIterable<string>,
  { signal, ...options }: ReadOptions,
): Promise<Inventory> {
  const worker = new Worker(THREAD, {
    name: 'document',
    workerData: { format, options } satisfies DocumentThreadData,
  })
  const post = (order: DocumentOrder) => worker.postMessage(order)
  const reading = inventoryFrom(worker, options.subject, () => post({ more: true }))
  let isOver = false
  const over = () => {
    isOver = true
  }
  reading.then(over, over)
  const stop = () => void worker.terminate()
  signal.addEventListener('abort', stop)
  try {
    let length = 0
    for await (const piece of texts) {
      if (isOver) break
      length += piece.length
      // The thread checks it as well, but later.
      if (length > options.maxDocumentBytes) throw tooLarge(options.subject, options.maxDocumentBytes)
      post({ piece })
    }
    post({ piece: null })
    return await reading
  } finally {
    signal.removeEventListener('abort', stop)
    await worker.terminate()
    signal.throwIfAborted()
  }
}

/** Puts the inventory together from the parts that the thread sends. */
function inventoryFrom(worker: Worker, subject: string, askForMore: () => void): Promise<Inventory> {
  const { promise, resolve, reject } = Promise.withResolvers<Inventory>()
  const inventory: Inventory = { records: [], rejected: [] }
  const texts = new SharedTexts()
  worker.on('message', (answer: DocumentAnswer) => {
    if ('failure' in answer) {
      reject(new RollcallError('SOURCE_FAILED', answer.failure))
      return
    }
    for (const record of answer.records) inventory.records.push(texts.share(record))
    inventory.rejected.push(...answer.rejected)
    if (answer.rest === null) askForMore()
    else resolve({ ...inventory, ...answer.rest })
  })
  worker.on('error', (failure) => {
    const isLarge = systemCodeOf(failure) === 'ERR_WORKER_OUT_OF_MEMORY'
    const problem =
      'needs more memory than there is; have it in NDJSON or CSV, or split it over several sources.'
    reject(isLarge ? sourceFailure(subject, problem, { cause: failure }) : failure)
  })
  worker.on('exit', (code) => reject(new Error(`The thread of a document ended with exit code ${code}.`)))
  return promise
}
