import { createHash } from 'node:crypto'
import type { NoticeType } from '../../config/notify-schema.ts'

/** Something that happened and that receivers of webhooks are told. It holds no secret. */
export interface Notice {
  /** `notify.test` is sent on demand only, to every receiver. */
  type: NoticeType | 'notify.test'
  /** The same whenever the same thing is told again, also by another process. */
  id: string
  /** When it happened, in epoch milliseconds. */
  at: number
  /** What happened, in a sentence. */
  message: string
  /** Ids and names of what it is about, by their kind, as JSON. */
  about: Readonly<Record<string, unknown>>
}

/**
 * Makes the id of a notice from what it is about. Times are among `parts`, so that the ids of two databases
 * differ.
 */
export function noticeId(...parts: readonly (string | number | null)[]): string {
  const digest = createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
  return `msg_${digest.slice(0, 27)}`
}

/** Returns the body of a webhook, as JSON of the form that Standard Webhooks recommends. */
export function bodyOf({ type, id, at, message, about }: Notice): string {
  return JSON.stringify({ type, id, timestamp: new Date(at).toISOString(), data: { message, ...about } })
}
