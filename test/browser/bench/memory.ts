import { setTimeout as sleep } from 'node:timers/promises'
import type { CDPSession } from 'playwright-core'
import { tell } from '../../bench/support/benchmark.ts'
import { compiledCodeBytes } from './compiled-code.ts'

/** What a page holds after a garbage collection. */
interface Held {
  /** Seconds since the first. */
  at: number
  heapBytes: number
  /** The part of the heap that is compiled code. */
  codeBytes: number
  nodes: number
  listeners: number
}

export interface MemoryTrend {
  page: string
  samples: Held[]
  /** Bytes without compiled code at the start and at the end, on the straight line that fits best. */
  data: readonly [number, number]
  /** Bytes of compiled code, likewise. */
  code: readonly [number, number]
  /** DOM nodes, likewise. */
  nodes: readonly [number, number]
}

const EVERY_MS = 30_000

/** Before the first sample: a page that has just come still loads its later parts. */
const WARM_UP_MS = 30_000

/**
 * Watches what open pages hold while results arrive. Compiled code is counted on its own. V8 optimizes a
 * function after it has run often enough, which takes a quarter of an hour for what runs once a second. It
 * cannot grow without end, for the page's policy allows no script but the console's.
 */
export async function watchMemory(
  pages: readonly { name: string; devtools: CDPSession }[],
  minutes: number,
): Promise<MemoryTrend[]> {
  const samples = pages.map((): Held[] => [])
  await sleep(WARM_UP_MS)
  const start = Date.now()
  for (const { devtools } of pages) await devtools.send('Performance.enable')
  for (let at = 0; at <= minutes * 60_000; at += EVERY_MS) {
    await sleep(Math.max(0, start + at - Date.now()))
    for (const [index, { devtools }] of pages.entries()) {
      samples[index]?.push(await held(devtools, (Date.now() - start) / 1_000))
    }
    if (at % 60_000 === 0) tell(`memory: ${at / 60_000} of ${minutes} minutes`)
  }
  return pages.map(({ name }, index) => {
    const of = samples[index] ?? []
    return {
      page: name,
      samples: of,
      data: trend(of.map(({ at, heapBytes, codeBytes }) => [at, heapBytes - codeBytes])),
      code: trend(of.map(({ at, codeBytes }) => [at, codeBytes])),
      nodes: trend(of.map(({ at, nodes }) => [at, nodes])),
    }
  })
}

async function held(devtools: CDPSession, at: number): Promise<Held> {
  // What a collection finds may itself hold something until the next.
  await devtools.send('HeapProfiler.collectGarbage')
  await devtools.send('HeapProfiler.collectGarbage')
  const { metrics } = await devtools.send('Performance.getMetrics')
  const value = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN
  return {
    at,
    heapBytes: value('JSHeapUsedSize'),
    codeBytes: await compiledCodeBytes(devtools),
    nodes: value('Nodes'),
    listeners: value('JSEventListeners'),
  }
}

/** The ends of the line through the points by least squares. */
function trend(points: readonly (readonly [number, number])[]): readonly [number, number] {
  const mean = (of: (point: readonly [number, number]) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length
  const [middle, level] = [mean(([x]) => x), mean(([, y]) => y)]
  const spread = mean(([x]) => (x - middle) ** 2)
  const slope = spread === 0 ? 0 : mean(([x, y]) => (x - middle) * (y - level)) / spread
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0]
  return [level + slope * (first - middle), level + slope * (last - middle)]
}
