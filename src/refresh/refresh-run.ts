import { RollcallError } from '../base/errors.ts'
import type { TraceParent } from '../base/tracing.ts'
import { letOthersWork } from '../base/turns.ts'
import { describesDevice } from '../netconf/outcome/outcome.ts'
import type { ProbeReport } from '../netconf/report/probe-report.ts'
import type { ProbeResult } from '../store/probe-store.ts'
import type { RefreshRow, TargetRow } from '../store/refresh-store.ts'
import { countReport } from './back-off.ts'
import type { TrackedRefresh } from './concurrent-probes.ts'
import { type LiveCounts, RateMeter } from './progress.ts'
import { endAfter, failedByShortage, type RefreshPatch, type StopReason } from './refresh-end.ts'
import { ResultWriter } from './result-writer.ts'
import type { RunContext } from './run-context.ts'
import { type TargetJob, TargetProbing } from './target-probing.ts'

/** A result that is to be stored, with the region whose probers have the device. */
interface PlacedResult extends Pick<ProbeResult, 'attempt' | 'report'> {
  target: TargetRow
  region: string
}

/**
 * One refresh, from its row to its last committed result. A new refresh and one that a former process left
 * unfinished run the same way: what is done already is read from the store.
 *
 * The states of the row, and what moves it from one to the next:
 *
 * - QUEUED → SYNCING: the run starts, the refresh fetches the inventory, and it has no targets yet.
 * - QUEUED → PROBING: the run starts, and the refresh does not fetch the inventory or already has its
 *   targets.
 * - SYNCING → PROBING: each source was synced or has failed, and the targets are stored.
 * - PROBING → COMPLETED: each target has a result.
 * - PROBING → FAILED: this machine was unable to probe some devices, or a sync failed and there are no
 *   targets.
 * - QUEUED, SYNCING, PROBING → CANCELLED: `cancel` was called, even if the run was also stopped for another
 *   reason.
 * - QUEUED, SYNCING, PROBING → FAILED: the next scheduled refresh is due, or something threw.
 * - QUEUED, SYNCING, PROBING → INTERRUPTED: `interrupt` was called, and targets are left without a result.
 * - INTERRUPTED → SYNCING or PROBING: the next process runs the refresh, with the rules for QUEUED.
 *
 * If the last state cannot be written, the row keeps the one before, and the next process runs the refresh.
 */
export class RefreshRun {
  readonly #context: RunContext
  readonly #traceParent: TraceParent | undefined
  readonly #abort = new AbortController()
  /** Aborts when the shutdown no longer waits for the end of the refresh to be written. */
  readonly #giveUp = new AbortController()
  readonly #writer: ResultWriter<PlacedResult>
  #row: RefreshRow
  #tracked: TrackedRefresh | null = null
  #probing: TargetProbing | null = null
  #rate: RateMeter | null = null
  #stopReason: StopReason | undefined
  /** The number of devices that this machine was unable to probe, and the message of the last one. */
  #shortages = { count: 0, message: '' }

  /** Resolves with the last row of the refresh, which the owner announces; never rejects. */
  readonly ended: Promise<RefreshRow>

  /** @param traceParent the span of the refresh, if it is traced */
  constructor(row: RefreshRow, context: RunContext, traceParent?: TraceParent) {
    this.#row = row
    this.#context = context
    this.#traceParent = traceParent
    this.#writer = new ResultWriter<PlacedResult>({
      clock: context.clock,
      commit: (batch) => this.#commitOrStop(batch),
    })
    this.ended = this.#run()
    // A refresh that never ends would keep every later one from starting.
    const cancelTimer = context.clock.after(context.intervalMs, () => this.#expire())
    void this.ended.finally(cancelTimer)
  }

  get row(): RefreshRow {
    return this.#row
  }

  get live(): LiveCounts {
    return {
      inFlight: this.#probing?.inFlight ?? 0,
      rate: this.#rate,
      pausedBecause: this.#context.writeRetry.pausedBecause,
    }
  }

  /** Whether the run can still serve a new request; false once it was stopped. */
  get takesRequests(): boolean {
    return this.#stopReason === undefined
  }

  /** Ends the run as CANCELLED: closes the probes in flight and keeps the results so far. */
  cancel(): void {
    this.#stop('cancel')
    this.#abort.abort()
  }

  /**
   * Ends the run as INTERRUPTED: probes in flight get `graceMs` to finish, the others wait for the next
   * start.
   */
  interrupt(graceMs: number): void {
    this.#stop('shutdown')
    const cancelTimer = this.#context.clock.after(graceMs, () => {
      this.#abort.abort()
      this.#giveUp.abort()
    })
    void this.ended.finally(cancelTimer)
  }

  /** Skips the waiting devices whose credential was suspended. */
  skipSuspended(credential: string): void {
    this.#probing?.skipSuspended(credential)
  }

  #expire(): void {
    this.#stop('deadline')
    this.#abort.abort()
  }

  #stop(reason: StopReason): void {
    // A cancelled refresh must not run again at the next start.
    this.#stopReason = reason === 'cancel' ? reason : (this.#stopReason ?? reason)
    this.#probing?.stop()
    // Before PROBING there are no results to wait for.
    if (this.#row.state !== 'PROBING') this.#abort.abort()
  }

  async #run(): Promise<RefreshRow> {
    try {
      await this.#prepare()
      await this.#probeTargets()
      return await this.#finish()
    } catch (failure) {
      return await this.#fail(failure)
    } finally {
      this.#tracked?.end()
    }
  }

  /** Syncs the inventory and stores the targets. A failed sync does not end the refresh. */
  async #prepare(): Promise<void> {
    const { store, clock, coolDownMs, guard } = this.#context
    await guard.load()
    let error: string | null = null
    const hasTargets = await store.refreshes.hasTargets(this.#row.id)
    if (!hasTargets && this.#row.sync) {
      await this.#enter({ state: 'SYNCING', startedAt: this.#row.startedAt ?? clock.now() })
      const { failures } = await this.#context.sync(this.#abort.signal)
      if (failures.length > 0) error = failures.join(' ')
    }
    this.#tracked = this.#context.concurrentProbes.begin()
    if (!hasTargets) {
      // With 14,000 devices, each of these steps takes some 20 ms. An API query waits for one, not for all.
      await letOthersWork()
      const now = clock.now()
      const probedBefore = this.#row.force || coolDownMs === 0 ? null : now - coolDownMs
      const selection = { scope: this.#row.scope, probedBefore, orAfter: now + coolDownMs }
      await this.#writeWithRetry(() => store.refreshes.addTargets(this.#row.id, selection))
    }
    this.#abort.signal.throwIfAborted()
    await this.#enter({ state: 'PROBING', startedAt: this.#row.startedAt ?? clock.now(), error })
  }

  async #probeTargets(): Promise<void> {
    const { store, knownHostsFile, clock } = this.#context
    await letOthersWork()
    const targets = await store.refreshes.pendingTargets(this.#row.id)
    this.#tracked?.add(targets)
    if (targets.length === 0) return
    await letOthersWork()
    const knownHosts = (await knownHostsFile?.read()) ?? null
    if (this.#stopReason) return
    this.#rate = new RateMeter(clock.now())
    this.#probing = new TargetProbing(this.#context, {
      refreshId: this.#row.id,
      force: this.#row.force,
      knownHosts,
      traceParent: this.#traceParent,
      signal: this.#abort.signal,
      onReport: (job, report) => this.#keep(job, report),
    })
    await this.#probing.run(targets)
    await this.#writer.drain()
  }

  #keep({ target, attempt }: Pick<TargetJob, 'target' | 'attempt'>, report: ProbeReport): void {
    const wasCancelled = report.outcome === 'CANCELLED'
    // Without a result, the device is probed again after a shutdown.
    if (wasCancelled && this.#stopReason !== 'cancel' && this.#stopReason !== 'deadline') return
    if (report.shortage) {
      this.#shortages = { count: this.#shortages.count + 1, message: report.message ?? '' }
    }
    this.#context.concurrentProbes.noteReport(target.deviceId, report)
    this.#writer.push({ target, attempt, report, region: this.#context.regionOf(target) })
  }

  /** Commits results. If that fails, the run stops, since further results could not be kept either. */
  async #commitOrStop(batch: PlacedResult[]): Promise<void> {
    try {
      await this.#commit(batch)
    } catch (failure) {
      this.#stop('failure')
      this.#abort.abort()
      throw failure
    }
  }

  async #commit(batch: PlacedResult[]): Promise<void> {
    const { store, events, clock, guard, hostKeys, activity } = this.#context
    const committed = await this.#writeWithRetry(() =>
      store.probes.commitBatch(
        batch.map((result) => this.#counted(result)),
        { hostKeys },
      ),
    )
    await this.#writeWithRetry(() => guard.save())
    const lastSeq = committed.get(this.#row.id)
    if (lastSeq === undefined) return
    const outcomeCounts = { ...this.#row.outcomeCounts }
    for (const { report, region } of batch) {
      outcomeCounts[report.outcome] = (outcomeCounts[report.outcome] ?? 0) + 1
      activity.probed(report, region)
    }
    this.#row = { ...this.#row, outcomeCounts }
    this.#rate?.add(batch.length, clock.now())
    events.announce({ kind: 'results', refreshId: this.#row.id, lastSeq })
    const probed = batch.filter(({ report }) => describesDevice(report.outcome))
    events.announce({ kind: 'devices', deviceIds: probed.map(({ target }) => target.deviceId) })
  }

  #counted({ target, attempt, report }: PlacedResult): ProbeResult {
    const { concurrentProbes, intervalMs } = this.#context
    const count = concurrentProbes.countOnce(target, report, (before) =>
      countReport(before, report, intervalMs),
    )
    return { refreshId: this.#row.id, deviceId: target.deviceId, attempt, report, ...count }
  }

  async #finish(): Promise<RefreshRow> {
    const { error, total } = this.#row
    const wasStopped = this.#stopReason !== undefined
    // If the last probe ended within the grace period, a shutdown has interrupted nothing.
    if (wasStopped && (this.#stopReason !== 'shutdown' || (await this.#hasPendingTargets())))
      return this.#write(this.#endAfter())
    const finishedAt = this.#context.clock.now()
    if (this.#shortages.count > 0)
      return this.#write({ ...failedByShortage(this.#shortages, error), finishedAt })
    const state = error !== null && total === 0 ? 'FAILED' : 'COMPLETED'
    return this.#write({ state, finishedAt })
  }

  async #hasPendingTargets(): Promise<boolean> {
    return (await this.#context.store.refreshes.pendingTargets(this.#row.id)).length > 0
  }

  async #fail(failure: unknown): Promise<RefreshRow> {
    const { log } = this.#context
    const end = this.#endAfter(failure)
    if (end.state === 'FAILED')
      log.error({ event: 'refresh.failed', err: failure, refreshId: this.#row.id }, 'refresh failed')
    try {
      return await this.#write(end)
    } catch (unwritable) {
      // The row in the store stays as it is, and the next start runs the refresh from there.
      const about = { event: 'refresh.end_not_written', refreshId: this.#row.id } as const
      const text = 'the end of the refresh could not be written'
      if (unwritable instanceof RollcallError) log.warn(about, `${text}: ${unwritable.message}`)
      else log.error({ ...about, err: unwritable }, text)
      this.#row = { ...this.#row, ...end }
      return this.#row
    }
  }

  #endAfter(failure?: unknown): RefreshPatch {
    const { clock, intervalMs } = this.#context
    return endAfter(
      { stopReason: this.#stopReason, failure },
      { finishedAt: clock.now(), deadlineMs: intervalMs },
    )
  }

  async #enter(patch: RefreshPatch): Promise<void> {
    this.#context.events.announce({
      kind: 'state',
      refresh: await this.#write(patch),
      isLast: false,
    })
  }

  async #write(patch: RefreshPatch): Promise<RefreshRow> {
    const { store, writeRetry } = this.#context
    this.#row = await writeRetry.run(() => store.refreshes.update(this.#row.id, patch), this.#giveUp.signal)
    return this.#row
  }

  /** Writes; while the database cannot be written, it waits. */
  #writeWithRetry<T>(write: () => Promise<T>): Promise<T> {
    return this.#context.writeRetry.run(write, this.#abort.signal)
  }
}
