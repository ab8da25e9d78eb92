import { afterAll, beforeAll, expect, it } from 'vitest'
import { probe } from '../../../src/netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import type { FaultName } from '../../../src/simulator/faults.ts'
import { type Fleet, startFleet } from '../../../src/simulator/fleet.ts'
import { probeTask } from '../../support/probe-task.ts'

const FAULTS = ['host-key-changes', 'forged-host-key', 'legacy-algorithms'] as const satisfies FaultName[]

let fleet: Fleet

beforeAll(async () => {
  fleet = await startFleet({ devices: FAULTS.length, faulty: FAULTS.length, faults: FAULTS })
})

afterAll(() => fleet.close())

function probeFault(fault: (typeof FAULTS)[number], changes: Partial<ProbeTask> = {}): Promise<ProbeReport> {
  const device = fleet.inventory[FAULTS.indexOf(fault)] ?? expect.fail('the fleet is too small')
  const task = probeTask({
    host: device.address,
    port: device.port,
    credential: fleet.credential,
    ...changes,
  })
  return probe(task, new AbortController().signal)
}

it('reports a host key that changes between two probes, and sends no credential', async () => {
  const first = await probeFault('host-key-changes')
  const known = first.peer.hostKey ?? expect.fail('the first probe saw no host key')
  expect(first).toMatchObject({ outcome: 'SUPPORTED', peer: { hostKey: { verified: true } } })

  const second = await probeFault('host-key-changes', { hostKeys: { check: 'known', keys: [known] } })
  const offered = second.peer.hostKey ?? expect.fail('the second probe saw no host key')
  expect(second).toMatchObject({ outcome: 'HOST_KEY_CHANGED', phase: 'KEY_EXCHANGE', capabilities: null })
  expect(offered).toMatchObject({ algorithm: 'ssh-ed25519', verified: false })
  expect(offered.fingerprint).not.toBe(known.fingerprint)
  expect(second.message).toContain(known.fingerprint)
  expect(second.message).toContain(offered.fingerprint)

  const third = await probeFault('host-key-changes', { hostKeys: { check: 'known', keys: [offered] } })
  expect(third).toMatchObject({ outcome: 'SUPPORTED', peer: { hostKey: { ...offered, verified: true } } })
})

it('does not report a host key as verified before the device has signed with it', async () => {
  const report = await probeFault('forged-host-key')
  expect(report.outcome).toBe('SSH_FAILED')
  expect(report.peer.hostKey?.verified ?? false).toBe(false)
})

it('uses legacy algorithms with a device that may have them, and reports them', async () => {
  const report = await probeFault('legacy-algorithms', { legacyAlgorithms: true })
  expect(report).toMatchObject({
    outcome: 'SUPPORTED',
    peer: { algorithms: { kex: 'diffie-hellman-group14-sha1', cipher: 'aes128-cbc', legacy: true } },
  })
})
