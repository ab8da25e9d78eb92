import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Clock, systemClock } from '../../src/base/clock.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

describe('a credential that devices reject', () => {
  const wrong = () => [
    { name: 'wrong', match: null, ...twelve.fleet.credential, password: 'not this', privateKey: undefined },
  ]

  it('is not tried more often in a row than allowed, and the rest is skipped', async () => {
    let logins = 0
    const { store, service } = await twelve.service({
      credentials: wrong(),
      throttle: { suspendCredentialAfter: 3 },
      probe: (task, signal) => {
        logins += 1
        return twelve.patientProbe(task, signal)
      },
    })
    const row = await twelve.refresh(service)
    expect(row).toMatchObject({ state: 'COMPLETED', outcomeCounts: { AUTH_FAILED: 3, SKIPPED: 9 } })
    expect(logins).toBe(3)
    const skipped = (await twelve.probesOf(store, row.id)).filter(({ outcome }) => outcome === 'SKIPPED')
    expect(skipped[0]?.message).toContain('"wrong" is suspended')
    expect(await service.credentials()).toMatchObject([{ name: 'wrong', state: 'SUSPENDED', rejections: 3 }])
    const place = { site: 'Paris', country: 'France', hostKey: null }
    expect(service.holdOf({ ...(await twelve.deviceNamed(store, 'd1')), ...place })).toBe(
      'CREDENTIAL_SUSPENDED',
    )

    expect(await twelve.refresh(service)).toMatchObject({ outcomeCounts: { SKIPPED: 12 } })
    expect(logins).toBe(3)
  })

  it('leaves a device that waits for a retry with its first result', async () => {
    const retry = Promise.withResolvers<() => void>()
    const clock: Clock = {
      now: systemClock.now,
      elapsed: systemClock.elapsed,
      after(delayMs, callback) {
        if (delayMs < 1_000 || delayMs > 3_000) return systemClock.after(delayMs, callback)
        retry.resolve(callback)
        return () => undefined
      },
    }
    let tries = 0
    const { store, service } = await twelve.service({
      clock,
      credentials: wrong(),
      throttle: { suspendCredentialAfter: 1 },
      probe: (task, signal) => {
        tries += 1
        return twelve.patientProbe(tries === 1 ? { ...task, port: 1 } : task, signal)
      },
    })
    const scope = await twelve.scopeOf(store, { devices: ['d1', 'd2'] })
    const { refresh: row } = await service.request(twelve.refreshRequest({ scope }))
    const tryAgain = await retry.promise
    await twelve.resultsOf(service, 1)
    expect(await service.credentials()).toMatchObject([{ state: 'SUSPENDED' }])
    tryAgain()
    await service.ended(row)
    expect(tries).toBe(2)
    expect(await twelve.probesOf(store, row.id)).toMatchObject([
      { outcome: 'AUTH_FAILED', attempt: 1 },
      { outcome: 'CONNECTION_REFUSED', attempt: 1 },
    ])
  })

  it('is tried on one device after a restart, and on the others once that one accepts it', async () => {
    const { store, service } = await twelve.service({
      credentials: wrong(),
      throttle: { suspendCredentialAfter: 3 },
    })
    await twelve.refresh(service)
    await service.close()
    const still = twelve.newService({
      store,
      fleet: twelve.fleet,
      credentials: wrong(),
      throttle: { suspendCredentialAfter: 3 },
    })
    expect(await twelve.refresh(still)).toMatchObject({ outcomeCounts: { AUTH_FAILED: 1, SKIPPED: 11 } })
    await still.close()

    let inFlight = 0
    const beforeProof: number[] = []
    const mended = twelve.newService({
      store,
      fleet: twelve.fleet,
      credentials: [{ name: 'wrong', match: null, ...twelve.fleet.credential }],
      probe: async (task, signal) => {
        inFlight += 1
        const [credential] = await mended.credentials()
        if (credential?.state === 'ON_TRIAL') beforeProof.push(inFlight)
        const report = await twelve.patientProbe(task, signal)
        inFlight -= 1
        return report
      },
    })
    const row = await twelve.refresh(mended, { force: true })
    expect(await twelve.outcomesOf(store, row.id)).toEqual({
      SUPPORTED: twelve.healthy(),
      TIMEOUT: twelve.STALLING,
    })
    expect(beforeProof).toEqual([1])
    expect(await mended.credentials()).toMatchObject([{ state: 'ACTIVE', rejections: 0, suspendedAt: null }])
  })

  it('is resumed on the device that accepted it last', async () => {
    const accounts = { isMended: true }
    const { store, service } = await twelve.service({
      throttle: { suspendCredentialAfter: 3 },
      probe: (task, signal) => {
        const password = accounts.isMended ? task.credential.password : 'not this'
        return twelve.patientProbe(
          { ...task, credential: { ...task.credential, password, privateKey: undefined } },
          signal,
        )
      },
    })
    await twelve.refresh(service, { scope: await twelve.scopeOf(store, { devices: ['d9'] }) })
    accounts.isMended = false
    await twelve.refresh(service)
    expect(await service.credentials()).toMatchObject([{ state: 'SUSPENDED' }])

    const early = await service.resumeCredential('default', 'tester')
    expect(early).toMatchObject({ credential: { state: 'ON_TRIAL' }, refresh: { requestedBy: 'tester' } })
    if (!early.refresh) throw new Error('There is no trial.')
    await service.ended(early.refresh)
    expect(await twelve.outcomesOf(store, early.refresh.id)).toEqual({ AUTH_FAILED: ['d9'] })
    expect(await service.credentials()).toMatchObject([{ state: 'SUSPENDED', rejections: 4 }])

    accounts.isMended = true
    const trial = (await service.resumeCredential('default', 'tester')).refresh
    if (!trial) throw new Error('There is no trial.')
    await service.ended(trial)
    expect(await twelve.outcomesOf(store, trial.id)).toEqual({ SUPPORTED: ['d9'] })
    expect(await service.resumeCredential('default', 'tester')).toMatchObject({
      credential: { state: 'ACTIVE' },
      refresh: null,
    })
    expect(await twelve.refresh(service)).toMatchObject({ outcomeCounts: { SUPPORTED: 10, TIMEOUT: 2 } })
  })

  /** A service whose credential is suspended, but accepted from then on; its refresh goes on with d12, which has another. */
  async function newSuspended() {
    const { credential } = twelve.fleet
    const [, , , , , , , , , , , d12] = twelve.fleet.records
    let isMended = false
    const { store, path, service } = await twelve.service({
      timeoutMs: twelve.HELD_MS,
      credentials: [
        { name: 'other', match: { name: 'd12' }, ...credential },
        { name: 'default', match: null, ...credential },
      ],
      throttle: { suspendCredentialAfter: 3 },
      probe: (task, signal) => {
        if (isMended || (task.host === d12?.address && task.port === d12.port))
          return twelve.patientProbe(task, signal)
        const rejected = { ...task.credential, password: 'not this', privateKey: undefined }
        return twelve.patientProbe({ ...task, credential: rejected }, signal)
      },
    })
    const scope = await twelve.scopeOf(store, { sites: ['Paris'], devices: ['d12'] })
    const { refresh: row } = await service.request(twelve.refreshRequest({ scope, force: true }))
    await twelve.resultsOf(service, 4)
    isMended = true
    return { store, path, service, row }
  }

  it('is resumed by a refresh of its own, even if a running one covers the device', async () => {
    const { service, row } = await newSuspended()
    expect(await service.credentials()).toMatchObject([{ name: 'other' }, { state: 'SUSPENDED' }])
    expect(service.isRunning(row.id)).toBe(true)
    const { refresh: trial } = await service.resumeCredential('default', 'tester')
    if (!trial) throw new Error('There is no trial.')
    expect(trial.id).not.toBe(row.id)
    expect(await service.ended(trial)).toMatchObject({ total: 1, outcomeCounts: { SUPPORTED: 1 } })
    expect(service.isRunning(row.id)).toBe(true)
  })

  it.each([
    ['locked', 'begin immediate', 'rollback', { code: 'DATABASE_UNAVAILABLE' }],
    [
      'without room for the refresh',
      "create trigger full before insert on refreshes begin select raise(abort, 'full'); end",
      'drop trigger full',
      { message: 'full' },
    ],
  ])(
    'stays suspended if the database is %s, until it can be resumed',
    async (_how, breaks, mends, failure) => {
      const { store, path, service } = await newSuspended()
      const before = await service.credentials()
      expect(before).toMatchObject([{ name: 'other' }, { state: 'SUSPENDED' }])
      const other = new Sqlite(path)
      onTestFinished(() => void other.close())
      other.exec(breaks)
      await expect(service.resumeCredential('default', 'tester')).rejects.toMatchObject(failure)
      expect(await service.credentials()).toEqual(before)
      other.exec(mends)
      const { credential, refresh: trial } = await service.resumeCredential('default', 'tester')
      expect(credential.state).toBe('ON_TRIAL')
      expect(await store.credentials.all()).toEqual([credential])
      if (!trial) throw new Error('There is no trial.')
      await service.ended(trial)
      expect(await store.credentials.all()).toMatchObject([{ name: 'default', state: 'ACTIVE' }])
    },
  )

  it('is loaded once the database can be read, if the first attempt fails', async () => {
    const { path, service } = await twelve.service()
    const other = new Sqlite(path)
    onTestFinished(() => void other.close())
    other.exec('alter table credentials rename to elsewhere')
    await expect(service.credentials()).rejects.toThrow('no such table')
    other.exec('alter table elsewhere rename to credentials')
    other.exec("insert into credentials values ('default', 'SUSPENDED', 5, 1)")
    expect(await service.credentials()).toMatchObject([{ state: 'ON_TRIAL', rejections: 5 }])
  })

  it('cannot be resumed while the service closes', async () => {
    const { service } = await twelve.service()
    await service.close()
    await expect(service.resumeCredential('default', null)).rejects.toMatchObject({ code: 'CONFLICT' })
  })

  it('cannot be resumed if the configuration does not have it', async () => {
    const { service } = await twelve.service()
    await expect(service.resumeCredential('gone', null)).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
