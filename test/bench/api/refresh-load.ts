import type { CloseStack } from '../../../src/base/close.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { tell } from '../support/benchmark.ts'
import { setUpGateway } from '../support/gateway-over-fleet.ts'
import { HIERARCHY } from '../support/hierarchy-query.ts'
import { PageProcess } from '../support/page-process.ts'
import { completeRefresh } from '../support/refreshes.ts'
import { fixed, milliseconds, outcomeList, seconds, type Table } from '../support/report.ts'
import { percentile } from '../support/statistics.ts'

const PAGE_SIZE = 100
/** Pages and the hierarchy are asked for until the refresh ends, or for this long. */
const MAX_REFRESH_MS = 600_000

const PAGE = `query ($after: String) {
  devices(first: ${PAGE_SIZE}, after: $after) {
    nodes {
      id name address netconfSupported
      site { name }
      country { name }
      lastProbe { outcome message startedAt durationMs }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

const CURSORS = `query ($after: String) {
  devices(first: 500, after: $after) { edges { cursor } pageInfo { hasNextPage endCursor } }
}`

/** A prime number, so that it reaches all devices unless their number is a multiple of it. */
const STRIDE = 101

/** The milliseconds of each answer. */
type Latencies = readonly number[]

interface LatencySummary {
  queries: number
  p50Ms: number
  p99Ms: number
  maxMs: number
}

/** Pages while the gateway is idle and in refreshes. */
export interface PageTimes<L = Latencies> {
  idle: L
  duringRefresh: L
  /** In one more refresh, while another client asks for the whole hierarchy once a second. */
  besideHierarchy: L
}

export interface Run extends PageTimes {
  refreshMs: number
  outcomes: Record<string, number>
}

export interface RefreshLoadOptions {
  /** Simulated ones. */
  devices: number
  faulty: number
  timeoutMs: number
  runs: number
  /** Queries a second. */
  rate: number
  /** How long the idle gateway is asked. */
  idleMs: number
}

/** Latency of pages of a gateway over a fleet, idle and during a refresh. */
export async function measureDuringRefresh(stack: CloseStack, options: RefreshLoadOptions): Promise<Run[]> {
  const setup = await setUpGateway(stack, options)
  const url = await setup.start().url
  tell('a first refresh, so that every device has a last probe')
  await completeRefresh(url)
  const pages = await distantPages(stack, url, options.rate)
  const runs: Run[] = []
  for (let count = 1; count <= options.runs; count += 1) {
    tell(`run ${count} of ${options.runs}`)
    const idle = await pages.measureIdle(options.idleMs)
    const inRefresh = await pages.measureInRefresh()
    runs.push({ idle, ...inRefresh, besideHierarchy: await pages.measureBesideHierarchy() })
  }
  return runs
}

export function refreshTables(runs: readonly Run[]): Table[] {
  const { idle, duringRefresh, besideHierarchy } = summaryOf(runs)
  return [
    {
      columns: [
        'query',
        'idle p50',
        'p99',
        'max',
        'in a refresh p50',
        'p99',
        'max',
        'p50 ratio',
        'p99 ratio',
        'beside the hierarchy p99',
        'ratio to in a refresh',
      ],
      rows: [
        [
          `page of ${PAGE_SIZE} devices`,
          ...cellsOf(idle),
          ...cellsOf(duringRefresh),
          fixed(duringRefresh.p50Ms / idle.p50Ms, 2),
          fixed(duringRefresh.p99Ms / idle.p99Ms, 2),
          milliseconds(besideHierarchy.p99Ms),
          fixed(besideHierarchy.p99Ms / duringRefresh.p99Ms, 2),
        ],
      ],
    },
    {
      columns: ['run', 'refresh', 'queries idle', 'in the refresh', 'outcomes'],
      rows: runs.map(({ refreshMs, idle: idleOf, duringRefresh: loadOf, outcomes }, index) => [
        String(index + 1),
        seconds(refreshMs),
        String(idleOf.length),
        String(loadOf.length),
        outcomeList(outcomes),
      ]),
    },
  ]
}

/** Returns a client that was answered for a while: what is compiled and cached by then is no latency of the others. */
export async function distantPages(stack: CloseStack, url: string, rate: number): Promise<DistantPages> {
  const pages = new DistantPages(stack, url, { cursors: await cursorsFarApart(url), rate })
  await pages.warmUp()
  return pages
}

/**
 * Asks for pages that begin at one device after the other, far apart. No page is asked for again before all others were, so
 * that none is answered from memory: it would be while the gateway is idle, and could not be in a refresh.
 */
class DistantPages {
  readonly #client: PageProcess
  readonly #other: PageProcess
  readonly #url: string
  readonly #rate: number
  readonly #cursors: readonly string[]
  #asked = 0

  constructor(stack: CloseStack, url: string, { cursors, rate }: { cursors: string[]; rate: number }) {
    this.#client = stack.own(new PageProcess())
    this.#other = stack.own(new PageProcess())
    this.#url = url
    this.#rate = rate
    this.#cursors = cursors
  }

  async warmUp(): Promise<void> {
    await this.#ask(2_000, 100)
  }

  async measureIdle(durationMs: number): Promise<Latencies> {
    return await this.#ask(durationMs)
  }

  async measureInRefresh(): Promise<Pick<Run, 'refreshMs' | 'outcomes' | 'duringRefresh'>> {
    const { refresh, latencies } = await this.#askInRefresh()
    return { refreshMs: refresh.wallMs, outcomes: refresh.outcomes, duringRefresh: latencies }
  }

  async measureBesideHierarchy(): Promise<Latencies> {
    const hierarchy = this.#other.ask({
      url: this.#url,
      query: HIERARCHY,
      cursors: [''],
      clients: 1,
      pace: 1,
      durationMs: MAX_REFRESH_MS,
    })
    const [{ latencies }] = await Promise.all([
      this.#askInRefresh().finally(() => this.#other.stop()),
      hierarchy,
    ])
    return latencies
  }

  async #askInRefresh() {
    const [refresh, latencies] = await Promise.all([
      completeRefresh(this.#url).finally(() => this.#client.stop()),
      this.#ask(MAX_REFRESH_MS),
    ])
    return { refresh, latencies }
  }

  async #ask(durationMs: number, pace = this.#rate): Promise<Latencies> {
    const { latencies } = await this.#client.ask({
      url: this.#url,
      query: PAGE,
      cursors: [...this.#cursors.slice(this.#asked), ...this.#cursors.slice(0, this.#asked)],
      clients: 1,
      pace,
      durationMs,
    })
    this.#asked = (this.#asked + latencies.length) % this.#cursors.length
    return [...latencies]
  }
}

async function cursorsFarApart(url: string): Promise<string[]> {
  const cursors: string[] = []
  for (let after: string | null = null, hasNext = true; hasNext; ) {
    const { devices }: CursorsAnswer = await dataOf(url, CURSORS, { after })
    cursors.push(...devices.edges.map(({ cursor }) => cursor))
    after = devices.pageInfo.endCursor
    hasNext = devices.pageInfo.hasNextPage && after !== null
  }
  return cursors.map((_, index) => cursors[(index * STRIDE) % cursors.length] ?? '')
}

interface CursorsAnswer {
  devices: {
    edges: { cursor: string }[]
    pageInfo: { hasNextPage: boolean; endCursor: string | null }
  }
}

/** The runs as they are reported, with what each answer took summed up. */
export function reportedRuns<R extends PageTimes>(runs: readonly R[]) {
  return runs.map((run) => ({ ...run, ...summaryOf([run]) }))
}

/** Sums up the pages of all runs together: a single one has few of the slowest. */
export function summaryOf(runs: readonly PageTimes[]): PageTimes<LatencySummary> {
  return {
    idle: summarize(runs.flatMap(({ idle }) => idle)),
    duringRefresh: summarize(runs.flatMap(({ duringRefresh }) => duringRefresh)),
    besideHierarchy: summarize(runs.flatMap(({ besideHierarchy }) => besideHierarchy)),
  }
}

function summarize(latencies: Latencies): LatencySummary {
  return {
    queries: latencies.length,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
  }
}

function cellsOf({ p50Ms, p99Ms, maxMs }: LatencySummary): string[] {
  return [milliseconds(p50Ms), milliseconds(p99Ms), milliseconds(maxMs)]
}
