import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Command } from 'commander'
import type { CloseStack } from '../../src/base/close.ts'
import { rowId } from '../../src/base/global-id.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { CommitTimes } from './support/commit-times.ts'
import { setUpGateway } from './support/gateway-over-fleet.ts'
import type { GatewayProcess } from './support/gateway-process.ts'
import { countOption, devicesOption, faultyOption, timeoutOption } from './support/options.ts'
import { type ProcessUsage, resetPeakMemory, usageNotes, usageOf } from './support/process-usage.ts'
import { completeRefresh, endOfRefresh, type RefreshState, startRefresh } from './support/refreshes.ts'
import { megabytes, outcomeList, printReport, seconds } from './support/report.ts'
import { Histogram } from './support/statistics.ts'
import type { SubscribersJob, SubscribersReport } from './support/subscriber-messages.ts'

// Many subscribers to one refresh: whether each gets every result once, how soon, and what they cost the gateway.

interface SubscriberOptions {
  subscribers: number
  devices: number
  faulty: number
  timeout: number
}

const command = new Command('bench:subscribers')
  .description('Delivery to many SSE subscribers of one refresh, and what they cost the gateway.')
  .addOption(countOption('--subscribers <n>', 'how many subscribers', 1_000))
  .addOption(devicesOption(1_000))
  .addOption(faultyOption(11))
  .addOption(timeoutOption())

await runBenchmark<SubscriberOptions>(command, async ({ timeout, ...options }, stack) => {
  const setup = await setUpGateway(stack, { ...options, timeoutMs: timeout })
  const gateway = setup.start()
  const url = await gateway.url
  tell('a refresh without subscribers')
  const alone = await observed(gateway, () => completeRefresh(url))
  tell(`a refresh with ${options.subscribers} subscribers`)
  const { followed, report, latencies } = await followedRefresh(gateway, url, setup.database, options, stack)
  const { total } = followed.refresh
  const complete = report.subscribers.filter(
    ({ received, repeated, gaps, ended }) => ended && received === total && repeated === 0 && gaps === 0,
  ).length
  const delivery = {
    complete,
    refused: report.subscribers.filter(({ openedAt }) => openedAt === null).length,
    repeated: sum(report.subscribers.map(({ repeated }) => repeated)),
    missing: sum(report.subscribers.map(({ received }) => total - received)),
    deliveries: sum(report.subscribers.map(({ received }) => received)),
    live: latencies.total,
    p50Ms: latencies.percentile(0.5),
    p99Ms: latencies.percentile(0.99),
    maxMs: latencies.percentile(1),
    bytes: report.bytes,
  }
  printReport({
    benchmark: command.name(),
    title: `${options.devices} devices, ${options.faulty} of them stall; ${options.subscribers} subscribers over SSE`,
    tables: [
      {
        columns: ['subscribers', 'refresh', 'gateway CPU', 'of it API thread', 'peak memory', 'outcomes'],
        rows: [costCells(0, alone), costCells(options.subscribers, followed)],
      },
      {
        columns: ['got every result once', 'missing', 'repeated', 'sent', 'latency p50', 'p99', 'max'],
        rows: [
          [
            `${complete} of ${options.subscribers}`,
            String(delivery.missing),
            String(delivery.repeated),
            megabytes(delivery.bytes),
            ...[delivery.p50Ms, delivery.p99Ms, delivery.maxMs].map((latencyMs) => `${latencyMs} ms`),
          ],
        ],
      },
    ],
    notes: [
      `Latency is from the commit of a result, as a reader of the database sees it every few milliseconds and rounded up, to its arrival; the up to 250 ms for which a subscription gathers results are in it. It counts the ${delivery.live} of ${delivery.deliveries} deliveries whose results were committed after their subscriber had subscribed.`,
      ...usageNotes(),
    ],
    data: { options: { ...options, timeout }, alone, followed, delivery },
  })
})

interface Observed {
  refresh: RefreshState
  cpuMs: number | null
  apiThreadCpuMs: number | null
  peakMemoryBytes: number | null
}

/** What the gateway uses during a refresh. */
async function observed({ pid }: GatewayProcess, refresh: () => Promise<RefreshState>): Promise<Observed> {
  resetPeakMemory(pid)
  const before = usageOf(pid)
  const state = await refresh()
  const after = usageOf(pid)
  const used = (of: (usage: ProcessUsage) => number): number | null =>
    before === null || after === null ? null : of(after) - of(before)
  return {
    refresh: state,
    cpuMs: used(({ cpuMs }) => cpuMs),
    apiThreadCpuMs: used(({ mainThreadCpuMs }) => mainThreadCpuMs),
    peakMemoryBytes: after?.peakMemoryBytes ?? null,
  }
}

async function followedRefresh(
  gateway: GatewayProcess,
  url: string,
  database: string,
  { subscribers }: Pick<SubscriberOptions, 'subscribers'>,
  stack: CloseStack,
): Promise<{ followed: Observed; report: SubscribersReport; latencies: Histogram }> {
  const child = fork(new URL('./clients/subscribers.ts', import.meta.url), { serialization: 'advanced' })
  stack.defer(() => child.kill('SIGKILL'))
  const reported = Promise.withResolvers<SubscribersReport>()
  const commits = Promise.withResolvers<CommitTimes>()
  const followed = await observed(gateway, async () => {
    const refreshId = await startRefresh(url)
    const times = stack.own(new CommitTimes(database, rowId('Refresh', refreshId)))
    commits.resolve(times)
    const job: SubscribersJob = { url, refreshId, subscribers }
    const opened = answerOf<'open'>(child)
    child.send(job)
    await opened
    const refresh = await endOfRefresh(url, refreshId)
    reported.resolve(answerOf<SubscribersReport>(child))
    child.send('ended')
    await reported.promise
    return refresh
  })
  const report = await reported.promise
  return { followed, report, latencies: latenciesOf(report, await commits.promise) }
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The process with the subscribers ended with exit code ${code}.`)
  })
  const [answer] = await Promise.race([once(child, 'message'), ended])
  // The other side is one of our own.
  return answer as T
}

/** Of the results that were committed while their subscriber was there; what was there before is history to it. */
function latenciesOf({ subscribers, deliveries }: SubscribersReport, commits: CommitTimes): Histogram {
  const latencies = new Histogram()
  for (let at = 0; at < deliveries.length; at += 4) {
    const [subscriber = 0, arrivedAt = 0, firstSeq = 0, lastSeq = -1] = deliveries.subarray(at, at + 4)
    const openedAt = subscribers[subscriber]?.openedAt ?? Number.POSITIVE_INFINITY
    for (let seq = firstSeq; seq <= lastSeq; seq += 1) {
      const notBefore = commits.notBefore(seq)
      if (notBefore !== undefined && notBefore >= openedAt) latencies.add(arrivedAt - notBefore, 1)
    }
  }
  return latencies
}

function costCells(
  subscribers: number,
  { refresh, cpuMs, apiThreadCpuMs, peakMemoryBytes }: Observed,
): string[] {
  return [
    String(subscribers),
    seconds(refresh.wallMs),
    seconds(cpuMs),
    seconds(apiThreadCpuMs),
    megabytes(peakMemoryBytes),
    outcomeList(refresh.outcomes),
  ]
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
