import { setImmediate as nextTurn } from 'node:timers/promises'

/** Rows that one statement takes: some ten milliseconds, and a text of a megabyte that is bound to it. */
export const PIECE_SIZE = 2_000

/** Works rows off piece by piece, in their order, and lets others have their turns between them; of no rows nothing is called. */
export async function inPieces<T>(
  rows: Iterable<T>,
  work: (piece: readonly T[], offset: number) => Promise<unknown>,
): Promise<void> {
  let offset = 0
  let piece: T[] = []
  for (const row of rows) {
    piece.push(row)
    if (piece.length < PIECE_SIZE) continue
    await work(piece, offset)
    await nextTurn()
    offset += piece.length
    piece = []
  }
  if (piece.length > 0) await work(piece, offset)
}
