import { setImmediate as nextTurn } from 'node:timers/promises'

/** Rows that one statement takes: some ten milliseconds, and a text of a megabyte that is bound to it. */
export const BATCH_SIZE = 2_000

/** Works rows off batch by batch, in their order, and lets others have their turns between them; of no rows nothing is called. */
export async function inBatches<T>(
  rows: Iterable<T>,
  work: (batch: readonly T[], offset: number) => Promise<unknown>,
): Promise<void> {
  let offset = 0
  let batch: T[] = []
  for (const row of rows) {
    batch.push(row)
    if (batch.length < BATCH_SIZE) continue
    await work(batch, offset)
    await nextTurn()
    offset += batch.length
    batch = []
  }
  if (batch.length > 0) await work(batch, offset)
}
