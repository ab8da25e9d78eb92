import { RollcallError } from '../../base/errors.ts'

// The cursors of the API: of pages (Relay connections) and of the results of a refresh. They are opaque to
// clients.

/** The list and the order that the cursors of a page belong to. */
interface CursorOrder {
  name: string
  direction: string
  /** One for each value of a position. */
  keys: readonly unknown[]
}

/** The values of a row in the keys of its order. */
export type PagePosition = readonly (string | number)[]

/** Writes the cursor of a row. @param position the row's `PagePosition` as JSON */
export function encodePageCursor(order: CursorOrder, position: string): string {
  return Buffer.from(JSON.stringify([tagOf(order), position])).toString('base64url')
}

/** @throws RollcallError BAD_USER_INPUT if the text is not a cursor of this list and order */
export function decodePageCursor(cursor: string, order: CursorOrder): PagePosition {
  const position = pagePosition(cursor, order)
  if (position) return position
  throw new RollcallError(
    'BAD_USER_INPUT',
    `The cursor "${cursor.slice(0, 100)}" is not one of this list; ` +
      'take it from a page of the same list in the same order.',
  )
}

function pagePosition(cursor: string, order: CursorOrder): PagePosition | null {
  try {
    const [tag, text]: unknown[] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (tag !== tagOf(order) || typeof text !== 'string') return null
    const position: unknown = JSON.parse(text)
    if (!Array.isArray(position) || position.length !== order.keys.length) return null
    return position.every((value) => typeof value === 'string' || typeof value === 'number') ? position : null
  } catch {
    // Not JSON or not a list, so no cursor.
    return null
  }
}

function tagOf({ name, direction }: CursorOrder): string {
  return `${name} ${direction}`
}

/** Writes the cursor after the result with this sequence number; 0 is before the first result. */
export function encodeResultCursor(refreshId: number, seq: number): string {
  return Buffer.from(`results:${refreshId}:${seq}`).toString('base64url')
}

/**
 * Returns the sequence number of such a cursor.
 *
 * @throws RollcallError BAD_USER_INPUT if the text is not a cursor of this refresh
 */
export function decodeResultCursor(refreshId: number, cursor: string): number {
  const [kind, id, seq] = Buffer.from(cursor, 'base64url').toString().split(':')
  if (kind === 'results' && Number(id) === refreshId && seq !== undefined && /^\d{1,15}$/.test(seq))
    return Number(seq)
  throw new RollcallError(
    'BAD_USER_INPUT',
    `"${cursor.slice(0, 100)}" is not a cursor of this refresh; use the \`cursor\` of one of its events.`,
  )
}
