import { setMaxListeners } from 'node:events'
import { RollcallError } from '../base/errors.ts'
import type { HostKeyPolicy } from '../config/schema.ts'
import type { KnownHosts } from '../netconf/known-hosts.ts'
import type { ProbeResult } from '../store/probe-store.ts'
import type { RefreshRow, TargetRow } from '../store/refresh-store.ts'
import type { Store } from '../store/store.ts'
import { askDevice, type Prober } from './ask-device.ts'
import type { RefreshEvents } from './events.ts'
import type { KnownHostsFile } from './known-hosts-file.ts'
import type { LiveCounts } from './progress.ts'
import { RateMeter } from './rate-meter.ts'
import { ResultWriter } from './result-writer.ts'
import type { SyncSummary } from './sync.ts'
import type { Throttle } from './throttle.ts'

/** What every run shares with the others. */
export interface RunContext extends Prober {
  store: Store
  events: RefreshEvents
  throttle: Throttle
  sync: (signal: AbortSignal) => Promise<SyncSummary>
  coolDownMs: number
  hostKeys: HostKeyPolicy
  /** Null where host keys are not checked against one. */
  knownHostsFile: KnownHostsFile | null
}

type RefreshPatch = Parameters<Store['refreshes']['update']>[1]

const INTERRUPTED: RefreshPatch = {
  state: 'INTERRUPTED',
  error: 'Rollcall was stopped before the refresh had ended; it goes on at the next start.',
}

const FAILED_BY_BUG = 'Rollcall itself failed during this refresh; its log says more.'

/** Why a run is to end before its last result. */
type StopReason = 'cancel' | 'shutdown' | 'failure'

/**
 * One refresh, from its row to its last committed result. It takes up a new refresh and one that a former process
 * left unfinished alike: what is done already is read from the store.
 */
export class RefreshRun {
  readonly #context: RunContext
  readonly #abort = new AbortController()
  readonly #writer: ResultWriter<ProbeResult>
  readonly #live: LiveCounts = { inFlight: 0, rate: null }
  #row: RefreshRow
  #knownHosts: KnownHosts | null = null
  #stopReason: StopReason | undefined
  #unsettled = 0
  #allSettled: (() => void) | undefined

  /** Resolves with the refresh's last row, which is left to the owner to announce; never rejects. */
  readonly ended: Promise<RefreshRow>

  constructor(row: RefreshRow, context: RunContext) {
    this.#row = row
    this.#context = context
    // Every probe in flight listens, and there are as many of these as the throttle admits.
    setMaxListeners(0, this.#abort.signal)
    this.#writer = new ResultWriter<ProbeResult>({
      clock: context.clock,
      commit: (batch) => this.#commitOrStop(batch),
    })
    this.ended = this.#run()
  }

  get row(): RefreshRow {
    return this.#row
  }

  get live(): LiveCounts {
    return this.#live
  }

  /** Whether what is asked for now can still be had of this run. */
  get takesRequests(): boolean {
    return this.#stopReason === undefined
  }

  /** Ends the run as CANCELLED: probes in flight are closed, their results so far kept. */
  cancel(): void {
    this.#stop('cancel')
    this.#abort.abort()
  }

  /** Ends the run as INTERRUPTED: probes in flight may end by themselves for `graceMs`; the others are left for the next start. */
  interrupt(graceMs: number): void {
    this.#stop('shutdown')
    const cancelTimer = this.#context.clock.after(graceMs, () => this.#abort.abort())
    void this.ended.finally(cancelTimer)
  }

  #stop(reason: StopReason): void {
    // What was cancelled must not come back at the next start.
    if (this.#stopReason !== 'cancel') this.#stopReason = reason
    this.#settle(this.#context.throttle.drop(this.#row.id))
    // Before the first probe there is nothing worth waiting for.
    if (this.#row.state !== 'PROBING') this.#abort.abort()
  }

  async #run(): Promise<RefreshRow> {
    try {
      const error = await this.#prepare()
      await this.#probeTargets()
      await this.#writer.drain()
      return await this.#finish(error)
    } catch (failure) {
      return await this.#fail(failure)
    }
  }

  /** Brings the inventory up to date and fixes the targets. Returns what went wrong without ending the refresh. */
  async #prepare(): Promise<string | null> {
    const { store, clock, coolDownMs } = this.#context
    let error: string | null = null
    if (!(await store.refreshes.hasTargets(this.#row.id))) {
      if (this.#row.sync) {
        await this.#enter({ state: 'SYNCING', startedAt: this.#row.startedAt ?? clock.now() })
        const { failures } = await this.#context.sync(this.#abort.signal)
        if (failures.length > 0) error = failures.join(' ')
      }
      await store.refreshes.addTargets(this.#row.id, {
        scope: this.#row.scope,
        probedBefore: this.#row.force || coolDownMs === 0 ? null : clock.now() - coolDownMs,
      })
    }
    this.#abort.signal.throwIfAborted()
    await this.#enter({ state: 'PROBING', startedAt: this.#row.startedAt ?? clock.now(), error: null })
    return error
  }

  async #probeTargets(): Promise<void> {
    const targets = await this.#context.store.refreshes.pendingTargets(this.#row.id)
    if (targets.length === 0) return
    this.#knownHosts = (await this.#context.knownHostsFile?.read()) ?? null
    if (this.#stopReason) return
    this.#live.rate = new RateMeter(this.#context.clock.now())
    this.#unsettled = targets.length
    const settled = new Promise<void>((resolve) => {
      this.#allSettled = resolve
    })
    this.#context.throttle.add(
      targets.map((target) => ({
        siteId: target.siteId,
        group: this.#row.id,
        run: () => this.#probe(target),
      })),
    )
    await settled
  }

  async #probe(target: TargetRow): Promise<void> {
    this.#live.inFlight += 1
    const report = await askDevice(target, this.#context, {
      knownHosts: this.#knownHosts,
      signal: this.#abort.signal,
    })
    this.#live.inFlight -= 1
    // A probe that was cut off otherwise has no result: after a shutdown the device is asked again.
    const left = report.outcome === 'CANCELLED' && this.#stopReason !== 'cancel'
    if (!left) this.#writer.push({ refreshId: this.#row.id, deviceId: target.deviceId, attempt: 1, report })
    this.#settle(1)
  }

  #settle(count: number): void {
    this.#unsettled -= count
    if (this.#unsettled <= 0) this.#allSettled?.()
  }

  /** Without a store to keep them, further results are not worth a probe. */
  async #commitOrStop(batch: ProbeResult[]): Promise<void> {
    try {
      await this.#commit(batch)
    } catch (failure) {
      this.#stop('failure')
      this.#abort.abort()
      throw failure
    }
  }

  async #commit(batch: ProbeResult[]): Promise<void> {
    const { store, events, clock, hostKeys } = this.#context
    const committed = await store.probes.commitBatch(batch, { hostKeys })
    const lastSeq = committed.get(this.#row.id)
    if (lastSeq === undefined) return
    const outcomeCounts = { ...this.#row.outcomeCounts }
    for (const { report } of batch) outcomeCounts[report.outcome] = (outcomeCounts[report.outcome] ?? 0) + 1
    this.#row = { ...this.#row, outcomeCounts }
    this.#live.rate?.add(batch.length, clock.now())
    events.announce({ kind: 'results', refreshId: this.#row.id, lastSeq })
  }

  async #finish(error: string | null): Promise<RefreshRow> {
    const finishedAt = this.#context.clock.now()
    if (this.#stopReason === 'cancel') return this.#write({ state: 'CANCELLED', finishedAt })
    if (this.#stopReason === 'shutdown' && (await this.#hasPendingTargets())) return this.#write(INTERRUPTED)
    if (error && this.#row.total === 0) return this.#write({ state: 'FAILED', finishedAt, error })
    return this.#write({ state: 'COMPLETED', finishedAt, error })
  }

  async #hasPendingTargets(): Promise<boolean> {
    return (await this.#context.store.refreshes.pendingTargets(this.#row.id)).length > 0
  }

  async #fail(failure: unknown): Promise<RefreshRow> {
    const { clock, log } = this.#context
    const stopped = failure === this.#abort.signal.reason
    if (!stopped) log.error({ err: failure, refreshId: this.#row.id }, 'refresh failed')
    const finishedAt = clock.now()
    const error = failure instanceof RollcallError ? failure.message : FAILED_BY_BUG
    try {
      if (this.#stopReason === 'shutdown') return await this.#write(INTERRUPTED)
      return await this.#write(
        stopped ? { state: 'CANCELLED', finishedAt } : { state: 'FAILED', finishedAt, error },
      )
    } catch (unwritable) {
      // The store is what failed: the row stays as it is, and the next start takes the refresh up from there.
      log.error({ err: unwritable, refreshId: this.#row.id }, 'the end of the refresh could not be written')
      this.#row = { ...this.#row, state: 'FAILED', finishedAt, error }
      return this.#row
    }
  }

  async #enter(patch: RefreshPatch): Promise<void> {
    this.#context.events.announce({ kind: 'state', refresh: await this.#write(patch) })
  }

  async #write(patch: RefreshPatch): Promise<RefreshRow> {
    this.#row = await this.#context.store.refreshes.update(this.#row.id, patch)
    return this.#row
  }
}
