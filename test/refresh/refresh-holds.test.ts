import { describe, expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import type { ProbeReport } from '../../src/netconf/report/probe-report.ts'
import { ProbePool } from '../../src/refresh/pool/probe-pool.ts'
import { skippedReport } from '../../src/refresh/pool/unprobed-reports.ts'
import { CREDENTIAL, sshDevice } from '../netconf/support/ssh-device.ts'
import { sync } from '../store/support/fixture.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

describe('a device that fails', () => {
  it('is retried if that may help, and has the result of the last attempt', async () => {
    const tries: ProbeReport[] = []
    const { store, service } = await twelve.service({
      probe: async (task, signal) => {
        const isFirst = tries.length === 0
        const report = await twelve.patientProbe(isFirst ? { ...task, port: 1 } : task, signal)
        tries.push(report)
        return report
      },
    })
    const scope = await twelve.scopeOf(store, { devices: ['d1'] })
    const { id } = await twelve.refresh(service, { scope })
    expect(tries.map(({ outcome }) => outcome)).toEqual(['CONNECTION_REFUSED', 'SUPPORTED'])
    expect(await twelve.probesOf(store, id)).toMatchObject([{ outcome: 'SUPPORTED', attempt: 2 }])
  })

  it('is retried at most `retries` times', async () => {
    let tries = 0
    const { store, service } = await twelve.service({
      throttle: { retries: 2 },
      probe: (task, signal) => {
        tries += 1
        return twelve.patientProbe({ ...task, port: 1 }, signal)
      },
    })
    const { id } = await twelve.refresh(service, { scope: await twelve.scopeOf(store, { devices: ['d1'] }) })
    expect(tries).toBe(3)
    expect(await twelve.probesOf(store, id)).toMatchObject([{ outcome: 'CONNECTION_REFUSED', attempt: 3 }])
  })

  it('by refusing the subsystem is retried, unless the probe before failed as well', async () => {
    await using device = await sshDevice()
    let tries = 0
    const { store, service } = await twelve.service({
      throttle: { retries: 3 },
      probe: (task, signal) => {
        tries += 1
        return twelve.patientProbe(
          { ...task, host: '127.0.0.1', port: device.port, credential: CREDENTIAL },
          signal,
        )
      },
    })
    const scope = await twelve.scopeOf(store, { devices: ['d1'] })
    const first = await twelve.refresh(service, { scope })
    expect(await twelve.probesOf(store, first.id)).toMatchObject([{ outcome: 'NO_NETCONF', attempt: 2 }])
    expect(tries).toBe(2)
    const second = await twelve.refresh(service, { scope, force: true })
    expect(await twelve.probesOf(store, second.id)).toMatchObject([{ outcome: 'NO_NETCONF', attempt: 1 }])
    expect(tries).toBe(3)
  })

  it('is not retried after a slow probe or a rejected login', async () => {
    let tries = 0
    const { store, service } = await twelve.service({
      probe: (task, signal) => {
        tries += 1
        const password = tries === 1 ? 'another' : task.credential.password
        return twelve.patientProbe(
          { ...task, credential: { ...task.credential, password, privateKey: undefined } },
          signal,
        )
      },
    })
    const { id } = await twelve.refresh(service, { scope: await twelve.scopeOf(store, { devices: ['d1'] }) })
    expect(await twelve.outcomesOf(store, id)).toEqual({ AUTH_FAILED: ['d1'] })
    expect(tries).toBe(1)
    await twelve.refresh(service, { scope: await twelve.scopeOf(store, { devices: ['d6'] }) })
    expect(tries).toBe(2)
  })

  it('is not retried if its probe thread died', async () => {
    const pool = new ProbePool({
      workers: 1,
      log: silentLogger,
      threadFile: new URL('./support/misbehaving-thread.ts', import.meta.url),
    })
    onTestFinished(() => pool.close())
    let tries = 0
    const { store, service } = await twelve.service({
      timeoutMs: twelve.HELD_MS,
      probe: (task, signal) => {
        tries += 1
        return pool.probe({ ...task, host: 'dies.invalid' }, signal)
      },
    })
    const { id } = await twelve.refresh(service, { scope: await twelve.scopeOf(store, { devices: ['d1'] }) })
    expect(tries).toBe(1)
    expect(await twelve.probesOf(store, id)).toMatchObject([{ outcome: 'SKIPPED', attempt: 1 }])
    expect((await twelve.deviceNamed(store, 'd1')).lastOutcome).toBeNull()
  })

  it('keeps its first result if the refresh is cancelled before the retry', async () => {
    const clock = {
      ...systemClock,
      after: (delayMs: number, callback: () => void) => systemClock.after(delayMs, callback),
    }
    const firstTry = Promise.withResolvers<void>()
    const { store, service } = await twelve.service({
      clock,
      probe: async (task, signal) => {
        const report = await twelve.patientProbe({ ...task, port: 1 }, signal)
        setImmediate(firstTry.resolve)
        return report
      },
    })
    const scope = await twelve.scopeOf(store, { devices: ['d1'] })
    const { refresh: row } = await service.request(twelve.refreshRequest({ scope }))
    await firstTry.promise
    expect(await service.cancel(row.id)).toMatchObject({ state: 'CANCELLED' })
    expect(await twelve.probesOf(store, row.id)).toMatchObject([
      { outcome: 'CONNECTION_REFUSED', attempt: 1 },
    ])
  })

  it('is held back from its third failure on, unless the refresh is forced', async () => {
    const { store, service } = await twelve.service()
    const scope = await twelve.scopeOf(store, { devices: ['d5', 'd6'] })
    for (const failures of [1, 2, 3]) {
      const { id } = await twelve.refresh(service, { scope })
      expect(await twelve.outcomesOf(store, id)).toEqual({ SUPPORTED: ['d5'], TIMEOUT: ['d6'] })
      const { backOffUntil } = await twelve.deviceNamed(store, 'd6')
      expect(backOffUntil === null).toBe(failures < 3)
    }
    const held = await twelve.deviceNamed(store, 'd6')
    const place = { site: 'Lyon', country: 'France', hostKey: null }
    expect(service.holdOf({ ...held, ...place })).toBe('BACKING_OFF')
    const skipped = await twelve.refresh(service, { scope })
    expect(await twelve.outcomesOf(store, skipped.id)).toEqual({ SUPPORTED: ['d5'], SKIPPED: ['d6'] })
    expect(await twelve.deviceNamed(store, 'd6')).toEqual(held)

    const forced = await twelve.refresh(service, { scope, force: true })
    expect(await twelve.outcomesOf(store, forced.id)).toEqual({ SUPPORTED: ['d5'], TIMEOUT: ['d6'] })
    expect((await twelve.deviceNamed(store, 'd6')).backOffUntil).toBeGreaterThan(held.backOffUntil ?? 0)
  })
})

describe('a refresh that takes too long', () => {
  it('is ended when the next one is due, with an explanation', async () => {
    const everyMs = 7_200_000
    const deadlines: (() => void)[] = []
    const clock: Clock = {
      now: systemClock.now,
      elapsed: systemClock.elapsed,
      after(delayMs, callback) {
        if (delayMs !== everyMs) return systemClock.after(delayMs, callback)
        deadlines.push(callback)
        return () => undefined
      },
    }
    const { store, service } = await twelve.service({ everyMs, clock, timeoutMs: twelve.HELD_MS })
    const { refresh: under } = await service.request(twelve.refreshRequest())
    await twelve.resultsOf(service, 10)
    deadlines[0]?.()
    const row = await service.ended(under)
    expect(row.state).toBe('FAILED')
    expect(row.error).toMatch(/within 2 h.*`schedule.every`/)
    expect(await twelve.outcomesOf(store, row.id)).toEqual({
      SUPPORTED: twelve.healthy(),
      CANCELLED: twelve.STALLING,
    })
    expect(
      await twelve.refresh(service, { scope: await twelve.scopeOf(store, { devices: ['d1'] }) }),
    ).toMatchObject({
      state: 'COMPLETED',
    })
  })
})

it('skips devices that were decommissioned before their turn', async () => {
  const { store, service } = await twelve.service()
  const held = Promise.withResolvers<ProbeReport>()
  const first = twelve.newService({
    store,
    fleet: twelve.fleet,
    probe: () => held.promise,
    throttle: { concurrency: 1 },
  })
  const { refresh: row } = await first.request(twelve.refreshRequest())
  await twelve.eventOf(first, (event) => event.kind === 'state' && event.refresh.state === 'PROBING')
  const closed = first.close()
  held.resolve({ ...skippedReport('', 0), outcome: 'CANCELLED' })
  await closed
  await sync(store, twelve.fleet.records.slice(1))
  await service.resume()
  expect(await service.ended(row)).toMatchObject({ state: 'COMPLETED', outcomeCounts: { SKIPPED: 1 } })
  const [{ message } = { message: null }] = (await twelve.probesOf(store, row.id)).filter(
    ({ outcome }) => outcome === 'SKIPPED',
  )
  expect(message).toContain('inventory')
})
