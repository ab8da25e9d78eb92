import { setImmediate as nextTurn } from 'node:timers/promises'

/** Rows per statement, which takes some milliseconds. */
export const BATCH_SIZE = 500

/**
 * Calls `work` with one batch of rows after the other, and yields to the event loop in between, for one turn:
 * in a transaction, others wait for the database.
 */
export async function inBatches<T>(
  rows: Iterable<T>,
  work: (batch: readonly T[], offset: number) => Promise<unknown>,
  size = BATCH_SIZE,
): Promise<void> {
  let offset = 0
  let batch: T[] = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length < size) continue
    await work(batch, offset)
    await nextTurn()
    offset += batch.length
    batch = []
  }
  if (batch.length > 0) await work(batch, offset)
}
