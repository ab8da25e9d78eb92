import { getEventListeners } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { probe } from '../../src/netconf/probe.ts'
import { FAULT_NAMES } from '../../src/simulator/behaviours.ts'
import { spawnFleet } from '../../src/simulator/spawn-fleet.ts'
import { holdings } from '../netconf/faults/left-behind.ts'
import { probeTask } from '../support/probe-task.ts'

// Probes every fault again and again, and tells what is left of it: `npm run bench:leaks -- --probes 2000`. Exits
// with 1 where something is.

const { values } = parseArgs({
  options: {
    probes: { type: 'string', default: '2000' },
    concurrency: { type: 'string', default: '50' },
    timeout: { type: 'string', default: '250' },
  },
})
const probes = Number(values.probes)
const concurrency = Number(values.concurrency)
const timeoutMs = Number(values.timeout)

/** What the heap may differ by between two moments of rest: the engine's own caches and compiled code. */
const HEAP_TOLERANCE = 1024 * 1024

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

const fleet = await spawnFleet({
  devices: FAULT_NAMES.length + 4,
  faulty: FAULT_NAMES.length,
  faults: FAULT_NAMES,
})
const { signal } = new AbortController()
const outcomes = new Map<string, number>()

async function probeMany(count: number): Promise<void> {
  let next = 0
  const takeTurns = async (): Promise<void> => {
    while (next < count) {
      const device = fleet.inventory[next % fleet.inventory.length]
      next += 1
      if (device === undefined) throw new Error('The fleet is empty.')
      const { outcome } = await probe(
        probeTask({
          host: device.address,
          port: device.port,
          credential: fleet.credential,
          timeoutMs,
          readFacts: true,
        }),
        signal,
      )
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

// What is loaded, compiled and cached stays: it belongs to the beginning.
await probeMany(4 * fleet.inventory.length)
outcomes.clear()

const before = await sample()
const begun = performance.now()
await probeMany(Math.ceil(probes / 2))
const halfway = await sample()
await probeMany(Math.floor(probes / 2))
const seconds = (performance.now() - begun) / 1000
const after = await sample()
await fleet.close()

const rows = (Object.keys(before) as (keyof Sample)[]).map((name) => {
  const cells = [before[name], halfway[name], after[name]].map((value) => String(value ?? '-').padStart(12))
  return `${name.padEnd(16)}${cells.join('')}`
})
const header = `${''.padEnd(16)}${['before', 'halfway', 'after'].map((title) => title.padStart(12)).join('')}`
process.stdout.write(
  `${probes} probes of ${FAULT_NAMES.length} faults, ${concurrency} at once, ${timeoutMs} ms each at most: ` +
    `${seconds.toFixed(1)} s\n\n${[header, ...rows].join('\n')}\n\n`,
)
process.stdout.write(
  `${JSON.stringify({ probes, seconds, before, halfway, after, outcomes: Object.fromEntries(outcomes) })}\n`,
)

const { heapBytes: heapBefore, ...heldBefore } = before
const { heapBytes: heapAfter, ...heldAfter } = after
const leaks =
  JSON.stringify(heldBefore) !== JSON.stringify(heldAfter) ||
  heapAfter - Math.min(heapBefore, halfway.heapBytes) > HEAP_TOLERANCE
if (leaks) {
  process.stdout.write('Something is left behind.\n')
  process.exitCode = 1
}
