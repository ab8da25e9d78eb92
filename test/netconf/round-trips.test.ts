import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OnVerdict, probe } from '../../src/netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../src/netconf/report/probe-report.ts'
import { type Fleet, startFleet } from '../../src/simulator/fleet.ts'
import { probeTask } from '../support/probe-task.ts'
import { LongWay } from '../support/round-trips.ts'

let fleet: Fleet

beforeAll(async () => {
  fleet = await startFleet({ devices: 40, faulty: 0 })
})

afterAll(() => fleet.close())

function deviceOf(platform: string): { host: string; port: number } {
  const device = fleet.inventory.find((each) => each.platform === platform)
  if (device === undefined) throw new Error(`No device is a ${platform}.`)
  return { host: device.address, port: device.port }
}

const DEVICES_WITH_FACTS = ['junos', 'nxos', 'vrp', 'sros']

/** Probes a device, once so that it is known which of its modules tells the facts, and then over the way to it. */
async function probeOver(way: LongWay, task: ProbeTask, onVerdict?: OnVerdict): Promise<ProbeReport> {
  const { signal } = new AbortController()
  await probe(task, signal)
  return probe({ ...task, host: '127.0.0.1', port: way.port }, signal, {
    clock: way.clock,
    ...(onVerdict && { onVerdict }),
  })
}

describe.each(['password', 'privateKey'] as const)('a probe that logs in by %s', (secret) => {
  const taskFor = (platform: string, readFacts: boolean): ProbeTask => {
    const { username } = fleet.credential
    const credential = { username, [secret]: fleet.credential[secret] }
    return probeTask({ ...deviceOf(platform), credential, readFacts, timeoutMs: 60_000 })
  }

  it.each(DEVICES_WITH_FACTS)(
    'takes 7 round trips with the facts of %s, 6 to the verdict',
    async (platform) => {
      await using way = await LongWay.to(deviceOf(platform))
      const report = await probeOver(way, taskFor(platform, true))

      expect(report).toMatchObject({ outcome: 'SUPPORTED', facts: { serialNumber: expect.any(String) } })
      expect(report.phases).toEqual([
        { phase: 'CONNECT', durationMs: 1 },
        { phase: 'KEY_EXCHANGE', durationMs: 2 },
        { phase: 'AUTHENTICATE', durationMs: 1 },
        { phase: 'SUBSYSTEM', durationMs: 2 },
        { phase: 'HELLO', durationMs: 0 },
        { phase: 'FACTS', durationMs: 1 },
        { phase: 'CLOSE', durationMs: 0 },
      ])
      expect(way.connections).toBe(1)
    },
  )

  it('takes 7 round trips without facts, the last to close the session', async () => {
    await using way = await LongWay.to(deviceOf('iosxr'))
    const report = await probeOver(way, taskFor('iosxr', false))

    expect(report.outcome).toBe('SUPPORTED')
    expect(report.durationMs).toBe(7)
    expect(report.phases.at(-1)).toEqual({ phase: 'CLOSE', durationMs: 1 })
  })

  it('reports its verdict before it has closed the session', async () => {
    await using way = await LongWay.to(deviceOf('iosxr'))
    const task = taskFor('iosxr', false)
    const verdicts: ProbeReport[] = []
    const report = await probeOver(way, task, (verdict) => verdicts.push(verdict))

    const { durationMs, phases, ...rest } = report
    expect(verdicts).toEqual([{ ...rest, durationMs: 6, phases: phases.slice(0, -1) }])
    expect([durationMs, phases.length]).toEqual([7, 6])
  })
})
