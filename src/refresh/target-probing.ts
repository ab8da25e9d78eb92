import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { TraceParent } from '../base/tracing.ts'
import { Turn } from '../base/turns.ts'
import { isRetryable } from '../netconf/outcome/outcome.ts'
import type { OnVerdict } from '../netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../netconf/report/probe-report.ts'
import type { KnownHosts } from '../netconf/ssh/host-keys.ts'
import type { TargetRow } from '../store/refresh-store.ts'
import type { ConcurrentProbes } from './concurrent-probes.ts'
import type { CredentialGuard } from './credential-guard.ts'
import type { Holds } from './holds.ts'
import { bugReport } from './pool/unprobed-reports.ts'
import type { ProbedDevice, ProbeTasks } from './probe-tasks.ts'
import { endProbeSpan, startProbeSpan } from './refresh-spans.ts'
import type { Throttle, ThrottledJob } from './throttle/throttle.ts'

const RETRY_AFTER_MS = 1_000
/** Spreads the retries of devices that failed together, for example because of one link. */
const RETRY_JITTER_MS = 2_000

/** One attempt to probe one device. */
export interface TargetJob extends ThrottledJob {
  target: TargetRow
  /** Counts from 1. */
  attempt: number
}

/** The parts that all refreshes use to probe devices. */
export interface ProbingContext {
  tasks: ProbeTasks
  holds: Holds
  /** May call `onVerdict` with the report before it resolves, which is when the connection is closed. */
  probe: (
    task: ProbeTask,
    signal: AbortSignal,
    device: ProbedDevice,
    onVerdict: OnVerdict,
  ) => Promise<ProbeReport>
  /** Returns the region whose probers have a device, or `local`. */
  regionOf: (device: ProbedDevice) => string
  clock: Clock
  log: Logger
  throttle: Throttle<TargetJob>
  guard: CredentialGuard
  concurrentProbes: ConcurrentProbes
  /** A device that was probed within this time is not probed again unless forced; 0 turns this off. */
  coolDownMs: number
  /** The number of further attempts that a device gets within one refresh. */
  retries: number
  /** The hard limit for one probe. */
  timeoutMs: number
}

/**
 * Produces one report for each target of a refresh. A target that is held back gets its report at once; the
 * others are probed as the throttle admits them.
 */
export class TargetProbing {
  readonly #context: ProbingContext
  readonly #group: number
  readonly #force: boolean
  readonly #knownHosts: KnownHosts | null
  readonly #traceParent: TraceParent | undefined
  readonly #signal: AbortSignal
  readonly #onReport: (job: Pick<TargetJob, 'target' | 'attempt'>, report: ProbeReport) => void
  readonly #allSettled = Promise.withResolvers<void>()
  /**
   * The jobs that wait for a further attempt. Without a report, they wait for another refresh's probe of the
   * device.
   */
  readonly #waiting = new Map<TargetJob, { report: ProbeReport | null; cancelTimer: () => void }>()
  #unsettled = 0
  #inFlight = 0
  #isStopped = false

  constructor(
    context: ProbingContext,
    options: {
      refreshId: number
      /** Whether to probe devices in back-off and devices that another refresh has just probed, too. */
      force: boolean
      knownHosts: KnownHosts | null
      /** The span of the refresh, if it is traced. */
      traceParent?: TraceParent | undefined
      /** Ends the probes in flight. */
      signal: AbortSignal
      onReport: (job: Pick<TargetJob, 'target' | 'attempt'>, report: ProbeReport) => void
    },
  ) {
    this.#context = context
    this.#group = options.refreshId
    this.#force = options.force
    this.#knownHosts = options.knownHosts
    this.#traceParent = options.traceParent
    this.#signal = options.signal
    this.#onReport = options.onReport
  }

  get inFlight(): number {
    return this.#inFlight
  }

  /** Probes the targets. Resolves once each one has its report or was dropped by `stop`. Called once. */
  async run(targets: readonly TargetRow[]): Promise<void> {
    if (targets.length === 0) return
    this.#unsettled = targets.length
    this.#context.guard.beginRefresh()
    await this.#addJobs(stalledEarly(targets))
    await this.#allSettled.promise
  }

  /** Queues the jobs of the targets. The first ones may end before the last ones are queued. */
  async #addJobs(targets: readonly TargetRow[]): Promise<void> {
    const turn = new Turn()
    let jobs: TargetJob[] = []
    for (const [index, target] of targets.entries()) {
      if (turn.isOver) {
        this.#context.throttle.add(jobs)
        jobs = []
        await turn.next()
        if (this.#isStopped) return this.#settle(targets.length - index)
      }
      const job = this.#jobOf(target)
      if (job) jobs.push(job)
    }
    this.#context.throttle.add(jobs)
  }

  /** Drops the targets whose probes have not started, and ends all retries. */
  stop(): void {
    this.#isStopped = true
    this.#settle(this.#context.throttle.take(({ group }) => group === this.#group).length)
    for (const [job, { report, cancelTimer }] of this.#waiting) {
      cancelTimer()
      if (report) this.#finish(job, report)
      else this.#settle(1)
    }
    this.#waiting.clear()
  }

  /** Skips the waiting targets whose credential was suspended. */
  skipSuspended(credential: string): void {
    const { throttle, holds, clock } = this.#context
    for (const job of throttle.take((job) => job.group === this.#group && job.credential === credential)) {
      this.#finish(job, holds.skippedReport(job.target, 'CREDENTIAL_SUSPENDED', clock.now()))
    }
  }

  /** Returns the job for a target; null for one that is held back, which gets its report here. */
  #jobOf(target: TargetRow): TargetJob | null {
    const { holds, tasks, regionOf, clock } = this.#context
    const hold = holds.holdOf(target, clock.now())
    if (hold === null || (hold === 'BACKING_OFF' && this.#force)) {
      const job: TargetJob = {
        target,
        attempt: 1,
        siteId: target.siteId,
        credential: tasks.credentialOf(target) ?? '',
        region: regionOf(target),
        group: this.#group,
        run: () => this.#probe(job),
      }
      return job
    }
    this.#finish({ target, attempt: 1 }, holds.skippedReport(target, hold, clock.now()))
    return null
  }

  async #probe(job: TargetJob): Promise<void> {
    const { concurrentProbes, clock, coolDownMs } = this.#context
    const { deviceId } = job.target
    if (job.attempt === 1 && !this.#force && coolDownMs > 0) {
      // Another refresh has just probed the device, or is probing it now.
      const found = concurrentProbes.reportSince(deviceId, clock.now() - coolDownMs)
      if (found) return this.#finish(job, found)
      if (concurrentProbes.isBeingProbed(deviceId)) return this.#tryLater(job, null)
    }
    this.#inFlight += 1
    const span = startProbeSpan(job, this.#traceParent)
    let isRecorded = false
    const record = (report: ProbeReport) => {
      if (isRecorded) return
      isRecorded = true
      if (span) endProbeSpan(span, report)
      this.#record(job, report)
    }
    const options = {
      refreshId: this.#group,
      knownHosts: this.#knownHosts,
      traceParent: span?.traceParent,
      signal: this.#signal,
      onVerdict: record,
    }
    // The slot and the device are free only once the connection is closed.
    record(await concurrentProbes.trackProbe(deviceId, () => probeDevice(job.target, this.#context, options)))
    this.#inFlight -= 1
  }

  #record(job: TargetJob, report: ProbeReport): void {
    const { guard, throttle } = this.#context
    const limitBefore = guard.limitOf(job.credential)
    guard.record(job.credential, report)
    if (this.#isWorthAnotherTry(job, report)) this.#tryLater(job, report)
    else this.#finish(job, report)
    if (guard.limitOf(job.credential) > limitBefore) throttle.wake()
  }

  #isWorthAnotherTry(
    { attempt, target }: TargetJob,
    { outcome, durationMs, shortage }: ProbeReport,
  ): boolean {
    const { retries, timeoutMs } = this.#context
    if (shortage && !this.#isStopped && attempt <= retries) return true
    // Some devices refuse the subsystem occasionally. If the last probe failed as well, the refusal is
    // permanent, and the device is not probed twice in every refresh.
    const mayBeTransient = outcome === 'NO_NETCONF' && attempt === 1 && target.failures === 0
    if (this.#isStopped || attempt > retries || !(isRetryable(outcome) || mayBeTransient)) return false
    // A probe that took most of its time would do so again, while others wait for its slot.
    return outcome !== 'TIMEOUT' && outcome !== 'SKIPPED' && durationMs < timeoutMs / 2
  }

  #tryLater(job: TargetJob, report: ProbeReport | null): void {
    const { clock, holds, throttle } = this.#context
    const cancelTimer = clock.after(RETRY_AFTER_MS + Math.random() * RETRY_JITTER_MS, () => {
      this.#waiting.delete(job)
      const now = clock.now()
      if (holds.holdOf(job.target, now) === 'CREDENTIAL_SUSPENDED') {
        this.#finish(job, report ?? holds.skippedReport(job.target, 'CREDENTIAL_SUSPENDED', now))
        return
      }
      if (report) job.attempt += 1
      throttle.add([job])
    })
    this.#waiting.set(job, { report, cancelTimer })
  }

  #finish(job: Pick<TargetJob, 'target' | 'attempt'>, report: ProbeReport): void {
    this.#onReport(job, report)
    this.#settle(1)
  }

  #settle(count: number): void {
    this.#unsettled -= count
    if (this.#unsettled <= 0) this.#allSettled.resolve()
  }
}

/**
 * Moves the devices that did not answer in time when they were last probed to the front, between as many
 * others. If one of them were the last to start, the whole refresh would wait for its timeout. Others come
 * between, because a credential that no login has proven yet is tried on a few devices only.
 */
function stalledEarly(targets: readonly TargetRow[]): TargetRow[] {
  const stalled: TargetRow[] = []
  const others: TargetRow[] = []
  for (const target of targets) (hasStalled(target) ? stalled : others).push(target)
  return [
    ...stalled.flatMap((target, index) => [...others.slice(index, index + 1), target]),
    ...others.slice(stalled.length),
  ]
}

function hasStalled({ lastOutcome }: TargetRow): boolean {
  return lastOutcome === 'TIMEOUT' || lastOutcome === 'UNREACHABLE'
}

/** Probes a device; never rejects. */
async function probeDevice(
  target: TargetRow,
  { tasks, holds, probe, clock, log }: ProbingContext,
  options: {
    refreshId: number
    knownHosts: KnownHosts | null
    traceParent: TraceParent | undefined
    signal: AbortSignal
    onVerdict: OnVerdict
  },
): Promise<ProbeReport> {
  const ids = { refreshId: options.refreshId, deviceId: target.deviceId, device: target.name }
  try {
    const task = tasks.taskFor(target, options.knownHosts)
    if (!task) return holds.skippedReport(target, 'NO_CREDENTIAL', clock.now())
    const { traceParent, signal, onVerdict } = options
    const traced = traceParent === undefined ? task : { ...task, traceParent }
    const report = await probe(traced, signal, target, onVerdict)
    const { outcome, message, notes } = report
    if (outcome === 'HOST_KEY_CHANGED')
      log.warn({ event: 'host_key.changed', ...ids, message }, 'host key changed')
    if (notes.length > 0) log.debug({ event: 'probe.notes', ...ids, notes }, 'probe notes')
    return report
  } catch (bug) {
    log.error({ event: 'probe.bug', ...ids, err: bug }, 'probe failed by a bug')
    return bugReport(clock.now())
  }
}
