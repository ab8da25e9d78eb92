import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Command } from 'commander'
import { probe } from '../../src/netconf/probe.ts'
import { FAULT_NAMES } from '../../src/simulator/faults.ts'
import { type FleetProcess, spawnFleet } from '../../src/simulator/spawn-fleet.ts'
import { holdings } from '../netconf/faults/left-behind.ts'
import { probeTask } from '../support/probe-task.ts'
import { runBenchmark } from './support/benchmark.ts'
import { countOption, timeoutOption } from './support/options.ts'
import { printReport } from './support/report.ts'

// Probes every fault again and again, and tells what is left of it: `npm run bench:leaks -- --probes 2000`. Exits
// with 1 where something is.

interface LeakOptions {
  probes: number
  concurrency: number
  timeout: number
}

const command = new Command('bench:leaks')
  .description('What probes of all faults leave behind: sockets, timers, listeners, memory.')
  .addOption(countOption('--probes <n>', 'how many probes', 2_000))
  .addOption(countOption('--concurrency <n>', 'probes at once', 50))
  .addOption(timeoutOption('250ms'))

/** What the heap may differ by between two moments of rest: the engine's own caches and compiled code. */
const HEAP_TOLERANCE = 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const { signal } = new AbortController()
const outcomes = new Map<string, number>()

await runBenchmark<LeakOptions>(command, async (options, stack) => {
  const fleet = stack.own(
    await spawnFleet({ devices: FAULT_NAMES.length + 4, faulty: FAULT_NAMES.length, faults: FAULT_NAMES }),
  )
  // What is loaded, compiled and cached stays: it belongs to the beginning.
  await probeMany(fleet, { ...options, probes: 4 * fleet.inventory.length })
  outcomes.clear()
  const before = await sample()
  const begun = performance.now()
  await probeMany(fleet, { ...options, probes: Math.ceil(options.probes / 2) })
  const halfway = await sample()
  await probeMany(fleet, { ...options, probes: Math.floor(options.probes / 2) })
  const seconds = (performance.now() - begun) / 1000
  const after = await sample()
  const names = Object.keys(before) as (keyof Sample)[]
  const leaks = hasLeak(before, halfway, after)
  printReport({
    benchmark: command.name(),
    title: `${options.probes} probes of ${FAULT_NAMES.length} faults, ${options.concurrency} at once, ${options.timeout} ms each at most: ${seconds.toFixed(1)} s`,
    tables: [
      {
        columns: ['', 'before', 'halfway', 'after'],
        rows: names.map((name) => [
          name,
          ...[before, halfway, after].map((held) => String(held[name] ?? '-')),
        ]),
      },
    ],
    notes: leaks ? ['Something is left behind.'] : [],
    data: { options, seconds, before, halfway, after, outcomes: Object.fromEntries(outcomes) },
  })
  if (leaks) process.exitCode = 1
})

async function probeMany(
  fleet: FleetProcess,
  { probes, concurrency, timeout: timeoutMs }: LeakOptions,
): Promise<void> {
  let next = 0
  const takeTurns = async (): Promise<void> => {
    while (next < probes) {
      const device = fleet.inventory[next % fleet.inventory.length]
      next += 1
      if (device === undefined) throw new Error('The fleet is empty.')
      const { address: host, port } = device
      const task = probeTask({ host, port, credential: fleet.credential, timeoutMs, readFacts: true })
      const { outcome } = await probe(task, signal)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, takeTurns))
}

interface Sample {
  fileDescriptors: number | null
  sockets: number
  timers: number
  listeners: number
  heapBytes: number
}

async function sample(): Promise<Sample> {
  // What the last probes let go of is released in the turns after, and collected in the second round.
  for (let round = 0; round < 3; round += 1) {
    await setImmediate()
    collectGarbage()
  }
  const ofProcess = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return {
    ...holdings(),
    listeners: ofProcess + getEventListeners(signal, 'abort').length,
    heapBytes: process.memoryUsage().heapUsed,
  }
}

function hasLeak(before: Sample, halfway: Sample, after: Sample): boolean {
  const { heapBytes: heapBefore, ...heldBefore } = before
  const { heapBytes: heapAfter, ...heldAfter } = after
  return (
    JSON.stringify(heldBefore) !== JSON.stringify(heldAfter) ||
    heapAfter - Math.min(heapBefore, halfway.heapBytes) > HEAP_TOLERANCE
  )
}
