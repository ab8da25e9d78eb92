import { CloseStack } from '../../../src/base/close.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { tell } from '../support/benchmark.ts'
import type { WrittenDatabase } from '../support/gateway-over-database.ts'
import type { PageLoadResult } from '../support/page-load.ts'
import { PageProcess } from '../support/page-process.ts'
import { type ProcessUsage, usageOf } from '../support/process-usage.ts'
import { percentile } from '../support/statistics.ts'
import { type InventorySize, writtenDevice } from '../support/written-inventory.ts'

const PAGE_SIZE = 100
/** As many different pages as are asked for in some seconds, at the least. */
const MAX_CURSORS = 20_000
const WARM_UP_MS = 5_000

const PAGE = `query Page($after: String) {
  devices(first: ${PAGE_SIZE}, after: $after) {
    nodes {
      id name address netconfSupported
      site { name }
      country { name }
      lastProbe { outcome startedAt durationMs }
      facts { vendor model osVersion }
    }
    pageInfo { hasNextPage endCursor }
  }
}`

export interface PageOptions {
  clients: number
  /** Queries a second of each client. */
  pace: number
  durationMs: number
}

/** Latencies of one load, in milliseconds. */
export interface PageLatencies {
  name: string
  queries: number
  perSecond: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  bytesPerPage: number
  /** Of the gateway's first thread, for a page; null where it cannot be told. */
  serverCpuMs: number | null
  /** Of one core, that the process takes which asks. */
  clientShare: number
}

export interface PagesResult {
  devices: number
  loads: PageLatencies[]
  /** Of the gateway. */
  peakMemoryBytes: number | null
}

/** Pages of the device list, asked for by many clients at once. */
export async function measurePages(
  database: WrittenDatabase,
  size: InventorySize,
  { clients, pace, durationMs }: PageOptions,
): Promise<PagesResult> {
  const stack = new CloseStack()
  try {
    const gateway = stack.own(database.start())
    const url = await gateway.url
    const pages = stack.own(new PageProcess())
    const cursors = await pageCursors(url, size)
    // Each load goes on where the one before has stopped, so that no answer of that one can be of use.
    let next = 0
    const different = (): string[] => [...cursors.slice(next), ...cursors.slice(0, next)]
    const load = async (cursorsOfLoad: string[], paceOfLoad: number | null, ms = durationMs) => {
      const before = usageOf(gateway.pid)
      const result = await pages.ask({
        url,
        query: PAGE,
        cursors: cursorsOfLoad,
        clients,
        pace: paceOfLoad,
        durationMs: ms,
      })
      next = (next + result.latencies.length) % cursors.length
      return summarize(result, before, usageOf(gateway.pid))
    }
    await load(different(), null, WARM_UP_MS)
    const same = cursors.slice(0, 1)
    const loads: PageLatencies[] = []
    for (const [name, cursorsOfLoad, paceOfLoad] of [
      [`${pace}/s each, different pages`, different, pace],
      [`${pace}/s each, the same page`, () => same, pace],
      ['without a pause, different pages', different, null],
      ['without a pause, the same page', () => same, null],
    ] as const) {
      tell(`${size.devices} devices, ${clients} clients, ${name}`)
      loads.push({ name, ...(await load(cursorsOfLoad(), paceOfLoad)) })
    }
    const peakMemoryBytes = usageOf(gateway.pid)?.peakMemoryBytes ?? null
    return { devices: size.devices, loads, peakMemoryBytes }
  } finally {
    await stack.close()
  }
}

function summarize(
  { latencies, bytes, wallMs, cpuMs }: PageLoadResult,
  before: ProcessUsage | null,
  after: ProcessUsage | null,
): Omit<PageLatencies, 'name'> {
  const all = [...latencies]
  const serverMs = before && after ? after.mainThreadCpuMs - before.mainThreadCpuMs : null
  return {
    queries: all.length,
    perSecond: (1000 * all.length) / wallMs,
    p50Ms: percentile(all, 0.5),
    p99Ms: percentile(all, 0.99),
    maxMs: percentile(all, 1),
    bytesPerPage: bytes / all.length,
    serverCpuMs: serverMs === null ? null : serverMs / all.length,
    clientShare: cpuMs / wallMs,
  }
}

/**
 * Cursors all over the list, in no order. A cursor is opaque to clients; here one is looked into and others are made like it,
 * because to page through a million devices takes longer than what is measured.
 */
async function pageCursors(url: string, size: InventorySize): Promise<string[]> {
  const lastFull = Math.max(1, size.devices - PAGE_SIZE - 1)
  const count = Math.min(lastFull, MAX_CURSORS)
  const first = writtenDevice(0, size)
  const firstCursor = await firstEndCursor(url)
  const template = Buffer.from(firstCursor, 'base64url').toString()
  const cursors = Array.from({ length: count }, (_, index) => {
    const { id, name } = writtenDevice(Math.floor((index * lastFull) / count), size)
    const text = template.replace(first.name, name).replace(`,${first.id}]`, `,${id}]`)
    return { cursor: Buffer.from(text).toString('base64url'), sort: Math.random() }
  })
  const [probe] = cursors.slice(-1)
  const expected = writtenDevice(Math.floor(((count - 1) * lastFull) / count) + 1, size).name
  const answer = await dataOf<PageAnswer>(url, PAGE, { after: probe?.cursor })
  if (answer.devices.nodes[0]?.name !== expected) {
    throw new Error('The cursors of the device list are made in another way by now; see to it here.')
  }
  return cursors.sort((one, other) => one.sort - other.sort).map(({ cursor }) => cursor)
}

interface PageAnswer {
  devices: { nodes: { name: string }[]; pageInfo: { endCursor: string } }
}

async function firstEndCursor(url: string): Promise<string> {
  const { devices } = await dataOf<PageAnswer>(
    url,
    '{ devices(first: 1) { nodes { name } pageInfo { endCursor } } }',
  )
  return devices.pageInfo.endCursor
}
