import type { Clock } from '../base/clock.ts'
import type { Closable } from '../base/close.ts'
import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import type { Receiver } from '../config/notify-schema.ts'
import type { SyncPlanRow } from '../store/inventory/sync-plan-store.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import type { Store } from '../store/store.ts'
import type { RefreshEvent, RefreshEvents } from './events.ts'
import {
  coverageDrop,
  coverageNotice,
  hostKeyNotice,
  LISTED_DEVICES,
  planNotice,
  suspensionNotice,
} from './notices.ts'
import type { Notice } from './notify/notice.ts'
import { type ReceiverCounts, Webhooks } from './notify/webhooks.ts'
import { isCycle } from './refresh-runs.ts'

/**
 * Sends webhooks for what refreshes and syncs announce. It works after the fact and beside them: nothing
 * waits for it.
 */
export class Notifier implements Closable {
  readonly #store: Store
  readonly #clock: Clock
  readonly #log: Logger
  readonly #webhooks: Webhooks
  /** Reads that precede a notice. */
  readonly #reads = new Set<Promise<void>>()
  /** The first of the plans with the changes that were told last, by source: each sync plans them again. */
  readonly #toldPlans = new Map<string, number>()

  constructor(options: { receivers: readonly Receiver[]; store: Store; clock: Clock; log: Logger }) {
    this.#store = options.store
    this.#clock = options.clock
    this.#log = options.log
    this.#webhooks = new Webhooks(options)
  }

  /** What became of the webhooks for each receiver since the start, in the order of the configuration. */
  get counts(): readonly ReceiverCounts[] {
    return this.#webhooks.counts
  }

  /** Follows the announcements until they end. */
  follow(events: Pick<RefreshEvents, 'listen'>): void {
    if (this.counts.length > 0) events.listen((event) => this.#onEvent(event))
  }

  async close(): Promise<void> {
    await Promise.all(this.#reads)
    await this.#webhooks.close()
  }

  #onEvent(event: RefreshEvent): void {
    if (event.kind === 'suspended') {
      this.#send(suspensionNotice(event.credential, event.rejections, this.#clock.now()))
    } else if (event.kind === 'plan') {
      this.#begin(this.#tellPlan(event.plan))
    } else if (event.kind === 'state' && event.isLast) {
      this.#begin(this.#tellKeys(event.refresh))
      if (event.refresh.state === 'COMPLETED' && isCycle(event.refresh))
        this.#begin(this.#tellCoverage(event.refresh))
    }
  }

  #begin(read: Promise<void>): void {
    const handled = read.catch((failure: unknown) => {
      this.#log.warn({ event: 'webhook.not_made' }, `a webhook could not be made: ${messageOf(failure)}`)
    })
    this.#reads.add(handled)
    void handled.finally(() => this.#reads.delete(handled))
  }

  async #tellPlan(plan: SyncPlanRow): Promise<void> {
    const first = await this.#store.syncPlans.firstAlike(plan)
    if (this.#toldPlans.get(plan.source) === first.id) return
    this.#toldPlans.set(plan.source, first.id)
    this.#send(planNotice(plan, first))
  }

  async #tellKeys(refresh: RefreshRow): Promise<void> {
    // A refresh that continues at the next start is told at its end.
    if (!refresh.outcomeCounts.HOST_KEY_CHANGED || refresh.state === 'INTERRUPTED') return
    const pages = await this.#store.probes.pagesOfRefreshes([refresh.id], {
      outcomes: ['HOST_KEY_CHANGED'],
      page: { first: LISTED_DEVICES },
    })
    const ids = (pages.get(refresh.id)?.items ?? []).map(({ deviceId }) => deviceId)
    const devices = await this.#store.devices.byIds(ids)
    this.#send(hostKeyNotice(refresh, devices, refresh.finishedAt ?? this.#clock.now()))
  }

  async #tellCoverage(refresh: RefreshRow): Promise<void> {
    const before = await this.#store.refreshes.lastCycle('COMPLETED', { before: refresh.id })
    const { summary } = refresh
    // Refreshes of older versions have no summary.
    if (summary === null || !before?.summary) return
    const drop = coverageDrop(before.summary, summary)
    const notice = coverageNotice(
      { ...refresh, summary },
      { id: before.id, summary: before.summary },
      refresh.finishedAt ?? this.#clock.now(),
    )
    if (drop > 0) this.#send(notice, (receiver) => drop > receiver.coverageDrop)
  }

  #send(notice: Notice, isWanted: (receiver: Receiver) => boolean = () => true): void {
    this.#webhooks.send(
      notice,
      (receiver) => receiver.on.some((type) => type === notice.type) && isWanted(receiver),
    )
  }
}
