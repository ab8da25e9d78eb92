import { RollcallError } from '../../base/errors.ts'

/** The place after a refresh's result with this sequence number, for a client to keep; 0 is before the first. */
export function encodeCursor(refreshId: number, seq: number): string {
  return Buffer.from(`results:${refreshId}:${seq}`).toString('base64url')
}

/** @throws RollcallError BAD_USER_INPUT for a text that is no cursor of this refresh. */
export function decodeCursor(refreshId: number, cursor: string): number {
  const [kind, id, seq] = Buffer.from(cursor, 'base64url').toString().split(':')
  if (kind === 'results' && Number(id) === refreshId && seq !== undefined && /^\d{1,15}$/.test(seq))
    return Number(seq)
  throw new RollcallError(
    'BAD_USER_INPUT',
    `"${cursor.slice(0, 100)}" is not a cursor of this refresh; use the \`cursor\` of one of its events.`,
  )
}
