import { Command, Option } from 'commander'
import { wholeNumber } from '../../../src/cli/options.ts'
import { runBenchmark, tell } from '../../bench/support/benchmark.ts'
import { countOption } from '../../bench/support/options.ts'
import { fixed, milliseconds, printReport, type Table } from '../../bench/support/report.ts'
import { percentile } from '../../bench/support/statistics.ts'
import buildConsole from '../support/build.ts'
import { launchChromium } from '../support/chromium.ts'
import { type InteractionTimes, interact, noteInteractions } from './interactions.ts'
import { startLiveGateway } from './live-devices.ts'
import { type MemoryTrend, watchMemory } from './memory.ts'
import { type ScrollTimes, scroll } from './scrolling.ts'

// The console in Chromium over a gateway with many devices, alone and while some of them are probed all the time: how soon it answers, how
// smoothly the table scrolls, and whether it keeps what it no longer needs.

interface ConsoleOptions {
  devices: number
  live: number
  rate: number
  rounds: number
  seconds: number
  minutes: number
}

const TARGETS = {
  /** Milliseconds from an input to the next paint, for 95 of 100 inputs. */
  interactionMs: 100,
  framesPerSecond: 50,
  /** The share by which the heap, without compiled code, and nodes may grow while results arrive. */
  growth: 0.05,
}

/** Pixels a second: somebody who reads, and somebody who looks for the end. */
const SPEEDS = [1_500, 6_000]

const command = new Command('bench:console')
  .description('The table of the console in Chromium: interaction to paint, frames a second, memory.')
  .addOption(countOption('--devices <n>', 'how many devices', 100_000))
  .addOption(countOption('--live <n>', 'how many of them are simulated, and probed all the time', 2_000))
  .addOption(countOption('--rate <n>', 'results a second', 40))
  .addOption(countOption('--rounds <n>', 'how often each kind of interaction is done', 10))
  .addOption(countOption('--seconds <n>', 'how long the table is scrolled at each speed', 10))
  .addOption(
    new Option('--minutes <n>', 'how long memory is watched; 0: not')
      .argParser(wholeNumber(0, 1_000))
      .default(10),
  )

await runBenchmark<ConsoleOptions>(command, async (options, stack) => {
  const { devices, live: simulated, rate, rounds, seconds, minutes } = options
  await buildConsole()
  tell(`writing ${devices} devices`)
  const size = { devices, sites: Math.ceil(devices / 10), countries: 100 }
  const gateway = await startLiveGateway(stack, size, { live: Math.min(simulated, devices), perSecond: rate })
  const browser = await launchChromium()
  stack.defer(() => browser.close())
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    baseURL: gateway.origin,
  })
  const page = await context.newPage()
  await noteInteractions(page)
  await page.goto('/devices')
  await page.locator('.device-rows .device-row a').nth(20).waitFor()
  const devtools = await context.newCDPSession(page)

  const measure = async (when: string, times: number) => {
    tell(`interactions, ${when}`)
    const interactions = await interact(page, times)
    tell(`scrolling, ${when}`)
    const scrolls: ScrollTimes[] = []
    for (const speed of SPEEDS) {
      scrolls.push(await scroll(page, devtools, { speed, seconds }))
      await page.locator('.device-scroller').evaluate((element) => element.scrollTo(0, 0))
      await page.locator('.device-rows .device-row a').first().waitFor()
    }
    return { when, interactions, scrolls }
  }
  const quiet = await measure('without results', rounds)
  gateway.startResults()
  const live = await measure('while results arrive', rounds)
  const memory: MemoryTrend[] = []
  const before = gateway.results()
  if (minutes > 0) {
    const overview = await context.newPage()
    await overview.goto('/')
    await overview.getByRole('region', { name: 'By outcome' }).getByRole('row').nth(1).waitFor()
    const pages = [
      { name: 'devices', devtools },
      { name: 'overview', devtools: await context.newCDPSession(overview) },
    ]
    memory.push(...(await watchMemory(pages, minutes)))
  }
  const results = gateway.results() - before
  printReport({
    benchmark: command.name(),
    title: `The console over ${devices} devices; results, where they arrive: ${rate} a second.`,
    tables: [
      interactionTable(quiet.interactions, live.interactions),
      scrollTable([quiet, live]),
      ...(memory.length > 0 ? [memoryTable(memory)] : []),
    ],
    notes: [
      'Interaction: from an input to the next paint, as Event Timing has it, in steps of 8 ms; what takes less than 16 ms counts as 16.',
      'Scrolling: frames in which the table had moved. Rows that are not loaded yet are shown as dots.',
      ...(memory.length > 0
        ? [
            `Memory: after a collection, on the line that fits all samples best; ${results} results arrived.`,
            'Code: what V8 compiled, which grows until it has optimized all that runs often. Data: the rest of the heap.',
          ]
        : []),
    ],
    data: { options, quiet, live, memory, results },
  })
})

function interactionTable(quiet: readonly InteractionTimes[], live: readonly InteractionTimes[]): Table {
  const all = (kinds: readonly InteractionTimes[]) => kinds.flatMap(({ durations }) => durations)
  const row = (kind: string, durations: readonly number[]) => {
    const p95 = percentile(durations, 0.95)
    return [
      kind,
      String(durations.length),
      milliseconds(percentile(durations, 0.5)),
      milliseconds(p95),
      milliseconds(percentile(durations, 1)),
      verdict(p95 < TARGETS.interactionMs),
    ]
  }
  return {
    columns: ['interaction', 'times', 'p50', 'p95', 'max', `p95 below ${TARGETS.interactionMs} ms`],
    rows: [
      ...quiet.map(({ kind, durations }) => row(kind, durations)),
      row('all', all(quiet)),
      row('all, while results arrive', all(live)),
    ],
  }
}

function scrollTable(passes: readonly { when: string; scrolls: readonly ScrollTimes[] }[]): Table {
  return {
    columns: [
      'scrolling',
      'frames/s',
      'longest frame',
      'CPU a frame',
      'rows not loaded',
      `at least ${TARGETS.framesPerSecond} frames/s`,
    ],
    rows: passes
      .flatMap(({ when, scrolls }) => scrolls.map((each) => ({ when, ...each })))
      .map(({ when, speed, framesPerSecond, longestMs, cpuMs, unloaded }) => [
        `${speed} pixels/s, ${when}`,
        fixed(framesPerSecond, 1),
        milliseconds(longestMs),
        milliseconds(cpuMs),
        `${fixed(unloaded * 100, 1)} %`,
        verdict(framesPerSecond >= TARGETS.framesPerSecond),
      ]),
  }
}

function memoryTable(trends: readonly MemoryTrend[]): Table {
  const growth = ([first, last]: readonly [number, number]) => (last - first) / first
  return {
    columns: [
      'memory',
      'data at first',
      'at last',
      'code at first',
      'at last',
      'nodes at first',
      'at last',
      `data and nodes within ${TARGETS.growth * 100} %`,
    ],
    rows: trends.map(({ page, data, code, nodes }) => [
      page,
      ...[...data, ...code].map((bytes) => `${fixed(bytes / 1e6, 2)} MB`),
      ...nodes.map((count) => fixed(count, 0)),
      verdict(growth(data) <= TARGETS.growth && growth(nodes) <= TARGETS.growth),
    ]),
  }
}

function verdict(isMet: boolean): string {
  return isMet ? 'yes' : 'NO'
}
