import { getEventListeners } from 'node:events'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import { probe } from '../../../src/netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import { ProbePool } from '../../../src/refresh/pool/probe-pool.ts'
import { type FleetProcess, spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { heldSince, holdings, NOTHING } from '../../netconf/faults/left-behind.ts'
import { probeTask } from '../../support/probe-task.ts'

const FAULTS = [
  'rejects-login',
  'speaks-http',
  'refuses-subsystem',
  'echoes-password',
  'no-common-algorithm',
] as const
const HEALTHY = 45

let fleet: FleetProcess
let stalling: FleetProcess

beforeAll(async () => {
  const devices = HEALTHY + FAULTS.length
  fleet = await spawnFleet({ devices, faulty: FAULTS.length, faults: FAULTS })
  stalling = await spawnFleet({ devices: 20, faulty: 20, faults: ['stalls-in-hello', 'greets-and-waits'] })
})

afterAll(async () => {
  await fleet.close()
  await stalling.close()
})

function newPool(workers: number): ProbePool {
  const pool = new ProbePool({ workers, log: silentLogger })
  onTestFinished(() => pool.close())
  return pool
}

function tasksFor({ inventory, credential }: FleetProcess, more: Partial<ProbeTask> = {}): ProbeTask[] {
  return inventory.map(({ address, port }: InventoryRecord) =>
    probeTask({ host: address, port, credential, ...more }),
  )
}

/** What two probes of the same device must agree on. */
function comparable({ outcome, phase, message, capabilities, missing, facts, notes, peer }: ProbeReport) {
  return { outcome, phase, message, capabilities, missing, facts, notes, peer }
}

function countFileDescriptors(): number {
  return readdirSync('/proc/self/fd').length
}

it('reports the same as a probe in this thread, whatever the devices do', async () => {
  const { signal } = new AbortController()
  const required = [{ module: 'ietf-interfaces' }, { module: 'openconfig-interfaces' }]
  const tasks = tasksFor(fleet, { required, readFacts: true })
  const pool = newPool(2)
  const inThreads = await Promise.all(tasks.map((task) => pool.probe(task, signal)))
  const here = await Promise.all(tasks.map((task) => probe(task, signal)))

  expect(inThreads.map(comparable)).toEqual(here.map(comparable))
  expect(new Set(here.map(({ outcome }) => outcome)).size).toBeGreaterThan(3)
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(pool.stats()).toEqual({ workers: 2, inFlight: 0, replaced: 0 })
})

it('shares one array between reports with the same capabilities from any thread', async () => {
  const pool = newPool(2)
  const { signal } = new AbortController()
  const tasks = [...tasksFor(fleet), ...tasksFor(fleet)]
  const reports = await Promise.all(tasks.map((task) => pool.probe(task, signal)))

  const lists = reports.flatMap(({ capabilities }) => (capabilities === null ? [] : [capabilities]))
  expect(lists.length).toBe(2 * HEALTHY)
  expect(new Set(lists).size).toBe(new Set(lists.map((uris) => uris.join('\n'))).size)
  expect(new Set(lists).size).toBeGreaterThan(10)
  expect(lists.every((uris) => Object.isFrozen(uris))).toBe(true)
})

it('closes the socket of a cancelled probe', async () => {
  const pool = newPool(1)
  const controller = new AbortController()
  const { signal } = controller
  await pool.probe(tasksFor(fleet)[0] ?? expect.fail('the fleet is empty'), signal)
  const before = holdings()
  const connectedFrom = countFileDescriptors() + stalling.inventory.length
  const running = tasksFor(stalling, { timeoutMs: 60_000 }).map((task) => pool.probe(task, signal))
  await expect.poll(countFileDescriptors).toBeGreaterThanOrEqual(connectedFrom)
  controller.abort()
  const reports = await Promise.all(running)

  expect(new Set(reports.map(({ outcome }) => outcome))).toEqual(new Set(['CANCELLED']))
  // The thread has answered: what the pool ends by itself is QUEUED.
  expect(reports.map(({ phase }) => phase)).not.toContain('QUEUED')
  expect(getEventListeners(signal, 'abort')).toEqual([])
  expect(await heldSince(before)).toEqual(NOTHING)
  expect((await pool.probe(tasksFor(fleet)[0] ?? expect.fail(), signal)).outcome).toBe('CANCELLED')
})

it('rejects if a probe throws, and continues', async () => {
  const pool = newPool(1)
  const { signal } = new AbortController()
  const [task] = tasksFor(fleet)
  if (task === undefined) throw new Error('The fleet is empty.')
  await expect(pool.probe({ ...task, required: null as never }, signal)).rejects.toThrow('The probe threw.')
  expect((await pool.probe(task, signal)).outcome).toBe('SUPPORTED')
})

it('ends probes in flight when it closes, and leaves nothing behind', async () => {
  const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
  const { signal } = new AbortController()
  // The first thread opens what stays open.
  const first = newPool(1)
  await first.probe(tasksFor(fleet)[0] ?? expect.fail('the fleet is empty'), signal)
  await first.close()
  const before = { ...holdings(), ports: ports(), open: countFileDescriptors() }

  const pool = newPool(2)
  const running = tasksFor(stalling, { timeoutMs: 60_000 }).map((task) => pool.probe(task, signal))
  await expect.poll(countFileDescriptors).toBeGreaterThanOrEqual(before.open + stalling.inventory.length)
  expect(pool.stats().inFlight).toBe(stalling.inventory.length)
  await Promise.all([pool.close(), pool.close()])
  const outcomes = (await Promise.all(running)).map(({ outcome }) => outcome)

  expect(new Set(outcomes)).toEqual(new Set(['CANCELLED']))
  expect(await heldSince(before)).toEqual(NOTHING)
  expect(ports()).toBe(before.ports)
  expect(getEventListeners(signal, 'abort')).toEqual([])
  const after = await pool.probe(tasksFor(fleet)[0] ?? expect.fail(), signal)
  expect(after.outcome).toBe('CANCELLED')
})
