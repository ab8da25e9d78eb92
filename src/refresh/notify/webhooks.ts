import type { Clock } from '../../base/clock.ts'
import type { Closable } from '../../base/close.ts'
import type { Logger } from '../../base/log.ts'
import type { Receiver } from '../../config/notify-schema.ts'
import { type Delivery, deliver } from './delivery.ts'
import { bodyOf, type Notice } from './notice.ts'

/** The pauses between the tries; the last try is 43 minutes after the first. */
const PAUSES_MS = [5_000, 30_000, 120_000, 600_000, 1_800_000]
/** Adds up to this share to a pause, so that receivers that recover are not sent everything at once. */
const JITTER = 0.2
/** The webhooks that may be on their way to one receiver. Each is a few kilobytes. */
const MAX_PENDING = 100
/** How long a close waits for requests under way. */
const CLOSE_GRACE_MS = 3_000

/** What became of the webhooks for one receiver since the start. */
export interface ReceiverCounts {
  /** The host of its URL, with the port. The path may be a secret. */
  receiver: string
  delivered: number
  /** Given up after the last try. */
  failed: number
  /** Never sent, because too many were on their way. */
  dropped: number
  /** On their way, or waiting for another try. */
  pending: number
}

/**
 * Sends webhooks to their receivers, and waits for none of them. Each webhook is tried up to six times. Those
 * that are not delivered when the process ends are lost.
 */
export class Webhooks implements Closable {
  readonly #receivers: readonly { receiver: Receiver; counts: ReceiverCounts }[]
  readonly #clock: Clock
  readonly #log: Logger
  readonly #closing = new AbortController()
  readonly #deliveries = new Set<Promise<void>>()
  readonly #pauses = new Set<() => void>()
  #isClosed = false

  constructor({ receivers, clock, log }: { receivers: readonly Receiver[]; clock: Clock; log: Logger }) {
    this.#clock = clock
    this.#log = log
    this.#receivers = receivers.map((receiver) => ({
      receiver,
      counts: { receiver: new URL(receiver.url).host, delivered: 0, failed: 0, dropped: 0, pending: 0 },
    }))
  }

  get counts(): readonly ReceiverCounts[] {
    return this.#receivers.map(({ counts }) => ({ ...counts }))
  }

  /** Sends a notice to the receivers that want it. Returns at once. */
  send(notice: Notice, isWanted: (receiver: Receiver) => boolean): void {
    const body = bodyOf(notice)
    for (const { receiver, counts } of this.#receivers) {
      if (!isWanted(receiver)) continue
      const about = { receiver: counts.receiver, type: notice.type, id: notice.id }
      if (this.#isClosed || counts.pending >= MAX_PENDING) {
        counts.dropped += 1
        const text = 'a webhook was dropped: too many are on their way, or the process ends'
        this.#log.warn({ event: 'webhook.dropped', ...about }, text)
        continue
      }
      counts.pending += 1
      const delivery = this.#deliver({ id: notice.id, body }, receiver, counts, about)
      this.#deliveries.add(delivery)
      void delivery.finally(() => this.#deliveries.delete(delivery))
    }
  }

  /** Ends the pauses at once, and the requests under way after 3 s. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const end of this.#pauses) end()
    const cancelTimer = this.#clock.after(CLOSE_GRACE_MS, () => this.#closing.abort())
    await Promise.all(this.#deliveries)
    cancelTimer()
  }

  /** Never rejects. */
  async #deliver(
    webhook: { id: string; body: string },
    receiver: Receiver,
    counts: ReceiverCounts,
    about: object,
  ): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const { problem, again } = await this.#try(webhook, receiver)
      if (problem === null) {
        counts.pending -= 1
        counts.delivered += 1
        this.#log.debug({ event: 'webhook.delivered', ...about, tries }, 'a webhook was delivered')
        return
      }
      const pauseMs = PAUSES_MS[tries - 1]
      if (!again || pauseMs === undefined || this.#isClosed) {
        counts.pending -= 1
        counts.failed += 1
        const text = `a webhook was given up: its receiver ${problem}`
        this.#log.error({ event: 'webhook.failed', ...about, tries }, text)
        return
      }
      const text = `a webhook is tried again: its receiver ${problem}`
      this.#log.warn({ event: 'webhook.retried', ...about, tries }, text)
      await this.#pause(pauseMs * (1 + Math.random() * JITTER))
    }
  }

  async #try(webhook: { id: string; body: string }, receiver: Receiver): Promise<Delivery> {
    if (this.#closing.signal.aborted) return { problem: 'was not reached before the end', again: false }
    try {
      return await deliver(webhook, receiver, { clock: this.#clock, signal: this.#closing.signal })
    } catch (failure) {
      if (!this.#closing.signal.aborted) {
        this.#log.error({ event: 'webhook.bug', err: failure }, 'a webhook failed by a bug')
      }
      return { problem: 'did not answer before the end', again: false }
    }
  }

  #pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancelTimer()
        this.#pauses.delete(end)
        resolve()
      }
      const cancelTimer = this.#clock.after(pauseMs, end)
      this.#pauses.add(end)
    })
  }
}
