import { expect, onTestFinished, test } from 'vitest'
import type { InventoryRecord } from '../../src/inventory/record.ts'
import { probe } from '../../src/netconf/probe.ts'
import type { ProbeCredential, ProbeReport } from '../../src/netconf/report/probe-report.ts'
import { type Fleet, type FleetOptions, startFleet } from '../../src/simulator/fleet.ts'
import { probeTask } from '../support/probe-task.ts'
import { RawSession } from './support/session.ts'

/** A deadline that no device that answers runs into. */
const PATIENT_MS = 60_000
/** A deadline for a device that stalls once the probe has come to its hello. */
const STALL_MS = 3_000

async function fleetOf(options: FleetOptions): Promise<Fleet> {
  const fleet = await startFleet(options)
  onTestFinished(() => fleet.close())
  return fleet
}

function deviceAt(fleet: Fleet, index: number): InventoryRecord {
  const device = fleet.inventory[index]
  if (device === undefined) throw new Error(`The fleet has no device ${index}.`)
  return device
}

function probeDevice(
  device: InventoryRecord,
  credential: ProbeCredential,
  timeoutMs = PATIENT_MS,
): Promise<ProbeReport> {
  const task = probeTask({ host: device.address, port: device.port, credential, timeoutMs })
  return probe(task, new AbortController().signal)
}

/** TCP sockets and listeners of this process, both ends of each connection counted. */
function openSockets(): number {
  return process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
}

test('every device without a fault is SUPPORTED, with the hello of its platform', async () => {
  const fleet = await fleetOf({ devices: 60, faulty: 0 })
  const reports = await Promise.all(fleet.inventory.map((device) => probeDevice(device, fleet.credential)))

  expect(reports.filter(({ outcome }) => outcome !== 'SUPPORTED')).toEqual([])
  expect(new Set(reports.map(({ capabilities }) => capabilities?.join())).size).toBe(21)
  expect(new Set(reports.map(({ peer }) => peer.hostKey?.fingerprint)).size).toBe(60)
  expect(new Set(reports.map(({ peer }) => peer.hostKey?.algorithm))).toEqual(new Set(['ssh-ed25519']))

  const basesByPlatform = new Map<string, string>()
  for (const [index, { capabilities, peer }] of reports.entries()) {
    const bases = capabilities?.filter((uri) => uri.startsWith('urn:ietf:params:netconf:base:')) ?? []
    basesByPlatform.set(
      deviceAt(fleet, index).platform ?? '',
      [...bases.map((uri) => uri.slice(-3)), peer.framing].join(' '),
    )
  }
  expect(Object.fromEntries(basesByPlatform)).toEqual({
    iosxe: '1.0 1.1 chunked',
    iosxr: '1.1 chunked',
    junos: '1.0 end-of-message',
    nxos: '1.0 1.1 chunked',
    sros: '1.0 1.1 chunked',
    vrp: '1.0 1.1 chunked',
  })
})

test('the faulty devices are spread over the fleet and take the faults in turn', async () => {
  const fleet = await fleetOf({ devices: 6, faulty: 3, faults: ['stalls-in-hello', 'silent-after-hello'] })
  const reports = await Promise.all(
    // The second stalls, and the last does.
    fleet.inventory.map((device, index) =>
      probeDevice(device, fleet.credential, index % 4 === 1 ? STALL_MS : PATIENT_MS),
    ),
  )

  expect(reports.map(({ outcome }) => outcome)).toEqual([
    'SUPPORTED',
    'TIMEOUT',
    'SUPPORTED',
    'SUPPORTED',
    'SUPPORTED',
    'TIMEOUT',
  ])
  expect(reports[1]?.phase).toBe('HELLO')
  expect(reports[3]?.sessionId).toBe(1)
})

test('faulty devices stall in their hello unless told otherwise', async () => {
  const fleet = await fleetOf({ devices: 1, faulty: 1 })
  const report = await probeDevice(deviceAt(fleet, 0), fleet.credential, STALL_MS)
  expect([report.outcome, report.phase]).toEqual(['TIMEOUT', 'HELLO'])
})

test('one in a hundred devices without a fault never answers after its hello', async () => {
  const fleet = await fleetOf({ devices: 100, faulty: 0 })
  const last = await RawSession.open(deviceAt(fleet, 99), fleet.credential)
  const hello = await last.readUntil(']]>]]>')
  last.send('not NETCONF at all]]>]]>')

  const other = await RawSession.open(deviceAt(fleet, 98), fleet.credential)
  await other.readUntil(']]>]]>')
  other.send('not NETCONF at all]]>]]>')
  // By the time a healthy device has hung up, the silent one would have done so too.
  await other.readToEnd()

  expect(hello).toContain('</capabilities>')
  let ended = false
  last.client.once('close', () => {
    ended = true
  })
  await probeDevice(deviceAt(fleet, 0), fleet.credential)
  expect(ended).toBe(false)
  last.client.destroy()
})

test('a device is the same in the next run, including its host key', async () => {
  const [first, second] = await Promise.all([
    fleetOf({ devices: 2, faulty: 0 }),
    fleetOf({ devices: 2, faulty: 0 }),
  ])
  const reports = await Promise.all(
    [first, second].map((fleet) => probeDevice(deviceAt(fleet, 1), fleet.credential)),
  )
  const [before, after] = reports.map(({ peer }) => peer.hostKey?.fingerprint)

  expect(before).toMatch(/^SHA256:/)
  expect(after).toBe(before)
  expect(second.inventory.map(({ name }) => name)).toEqual(first.inventory.map(({ name }) => name))
})

test('session ids count up on each device', async () => {
  const fleet = await fleetOf({ devices: 2, faulty: 0 })
  const ids: (number | null)[] = []
  for (const index of [0, 0, 1])
    ids.push((await probeDevice(deviceAt(fleet, index), fleet.credential)).sessionId)
  expect(ids).toEqual([1, 2, 1])
})

const STAGES = [
  { name: 'a silent device', faults: ['silent-after-hello'], latencyMs: 0 },
  { name: 'a stalled device', faults: ['stalls-in-hello'], latencyMs: 0 },
  { name: 'a stalled device far away', faults: ['stalls-in-hello'], latencyMs: 20 },
] as const

test.each(STAGES)('$name closes a connection that its peer has closed', async ({ faults, latencyMs }) => {
  await expect.poll(openSockets).toBe(0)
  const fleet = await fleetOf({ devices: 1, faulty: 1, faults, latencyMs })
  const session = await RawSession.open(deviceAt(fleet, 0), fleet.credential)
  await session.readUntil('capability>')
  expect(openSockets()).toBe(3)

  session.client.destroy()
  await expect.poll(openSockets).toBe(1)
})

test.each(STAGES)('closing the fleet ends the connections of $name', async ({ faults, latencyMs }) => {
  await expect.poll(openSockets).toBe(0)
  const fleet = await startFleet({ devices: 1, faulty: 1, faults, latencyMs })
  const session = await RawSession.open(deviceAt(fleet, 0), fleet.credential)
  await session.readUntil('capability>')
  // So that something is on its way when the end comes.
  session.send('late')

  await Promise.all([fleet.close(), fleet.close()])
  await session.readToEnd()
  await expect.poll(openSockets).toBe(0)
})
