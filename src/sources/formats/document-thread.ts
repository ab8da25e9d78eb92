import { parentPort, workerData } from 'node:worker_threads'
import { RollcallError } from '../../base/errors.ts'
import { lowerThreadPriority } from '../../base/thread-priority.ts'
import type { Inventory } from '../../inventory/record.ts'
import { FORMATS } from './inventory-format.ts'
import type { DocumentAnswer, DocumentOrder, DocumentThreadData } from './read-inventory.ts'

// The main file of a thread that `readInThread` starts. It reads one text.

/** Records in one message. The API's thread needs a few milliseconds to decode them. */
const RECORDS_PER_PART = 500

if (parentPort === null) throw new Error('This file is the main file of a worker thread.')
const port = parentPort

// The data comes from read-inventory.ts only.
const { format, options } = workerData as DocumentThreadData
const pieces: (string | null)[] = []
let onOrder = Promise.withResolvers<void>()
let onMore = Promise.withResolvers<void>()

port.on('message', (order: DocumentOrder) => {
  if ('more' in order) {
    onMore.resolve()
    onMore = Promise.withResolvers()
    return
  }
  pieces.push(order.piece)
  onOrder.resolve()
})

lowerThreadPriority()
try {
  await send(await FORMATS[format](receivedTexts(), options))
} catch (failure) {
  if (!(failure instanceof RollcallError)) throw failure
  answer({ failure: failure.message })
}
port.close()

async function* receivedTexts(): AsyncGenerator<string> {
  for (;;) {
    if (pieces.length === 0) {
      onOrder = Promise.withResolvers()
      await onOrder.promise
    }
    for (const piece of pieces.splice(0)) {
      if (piece === null) return
      yield piece
    }
  }
}

/** Sends each part when it is asked for, so that the API's thread can do other work in between. */
async function send({ records, rejected, ...rest }: Inventory): Promise<void> {
  const count = Math.max(records.length, rejected.length, 1)
  for (let from = 0; from < count; from += RECORDS_PER_PART) {
    const to = from + RECORDS_PER_PART
    const more = onMore.promise
    answer({
      records: records.slice(from, to),
      rejected: rejected.slice(from, to),
      rest: to >= count ? rest : null,
    })
    if (to < count) await more
  }
}

function answer(message: DocumentAnswer): void {
  port.postMessage(message)
}
