import { describe, expect, it } from 'vitest'
import type { ProbeTask } from '../../src/netconf/report/probe-report.ts'
import { defaultConfig } from '../support/default-config.ts'
import { useTwelve } from './support/twelve.ts'

const twelve = useTwelve()

/** A service whose probes wait until they are let go. */
async function heldService(options: Parameters<typeof twelve.service>[0]) {
  const tasks: ProbeTask[] = []
  const waiting: (() => void)[] = []
  let isHeld = true
  const arrived = Promise.withResolvers<void>()
  const { store, service } = await twelve.service({
    ...options,
    probe: async (task, signal) => {
      tasks.push(task)
      arrived.resolve()
      if (isHeld) await new Promise<void>((resolve) => waiting.push(resolve))
      return await twelve.patientProbe(task, signal)
    },
  })
  const release = () => {
    isHeld = false
    for (const go of waiting) go()
  }
  return { store, service, tasks, arrived: arrived.promise, release }
}

const credential = (name: string, more: object = {}) => ({
  name,
  match: null,
  ...twelve.fleet.credential,
  ...more,
})

const QUICK = { probe: { timeoutMs: 400 }, throttle: { coolDownMs: 0, suspendCredentialAfter: 3 } }

describe('a change of the configuration', () => {
  it('leaves a refresh that runs its credentials, and gives the next one the new ones', async () => {
    const { store, service, tasks, arrived, release } = await heldService({
      credentials: [credential('old')],
      throttle: { suspendCredentialAfter: 3 },
    })
    const running = twelve.refresh(service)
    await arrived
    service.change(defaultConfig({ ...QUICK, credentials: [credential('new', { username: 'other' })] }), [])
    expect((await service.credentials()).map(({ name }) => name)).toEqual(['new'])
    release()
    const row = await running
    expect(await twelve.outcomesOf(store, row.id)).toMatchObject({ SUPPORTED: twelve.healthy() })
    expect(new Set(tasks.map((task) => task.credential.username))).toEqual(
      new Set([twelve.fleet.credential.username]),
    )
    tasks.length = 0
    expect(await twelve.refresh(service)).toMatchObject({ state: 'COMPLETED' })
    expect(new Set(tasks.map((task) => task.credential.username))).toEqual(new Set(['other']))
    expect(await service.credentials()).toMatchObject([{ name: 'new', state: 'SUSPENDED' }])
  })

  it('gives a corrected password to a refresh that runs', async () => {
    const { store, service, arrived, release } = await heldService({
      credentials: [credential('core', { password: 'wrong', privateKey: undefined })],
      throttle: { concurrency: 1, suspendCredentialAfter: 3 },
    })
    const running = twelve.refresh(service)
    await arrived
    service.change(defaultConfig({ ...QUICK, credentials: [credential('core')] }), [])
    release()
    const outcomes = await twelve.outcomesOf(store, (await running).id)
    expect(outcomes.AUTH_FAILED).toHaveLength(1)
    expect(outcomes.SKIPPED).toBeUndefined()
  })

  it('tries a suspended credential again if its login has changed, and only then', async () => {
    const wrong = credential('core', { password: 'wrong', privateKey: undefined })
    const { service } = await twelve.service({
      credentials: [wrong],
      throttle: { suspendCredentialAfter: 3 },
    })
    await twelve.refresh(service)
    expect(await service.credentials()).toMatchObject([{ state: 'SUSPENDED' }])
    service.change(defaultConfig({ ...QUICK, credentials: [{ ...wrong, match: { name: 'd*' } }] }), [])
    expect(await service.credentials()).toMatchObject([{ state: 'SUSPENDED' }])
    service.change(defaultConfig({ ...QUICK, credentials: [credential('core')] }), [])
    expect(await service.credentials()).toMatchObject([{ state: 'ON_TRIAL' }])
    await twelve.refresh(service, { force: true })
    expect(await service.credentials()).toMatchObject([{ state: 'ACTIVE' }])
  })

  it('syncs with other sources from the next sync on', async () => {
    const { store, service } = await twelve.service({ credentials: [credential('core')] })
    const record = { ...twelve.fleet.records[0], name: 'new', site: 'Oslo', country: 'Norway', port: 9 }
    const source = { name: 'other', fetch: async () => ({ records: [record as never], rejected: [] }) }
    service.change(defaultConfig(QUICK), [source])
    const [plan] = await service.syncInventory({ source: 'other', dryRun: false, requestedBy: null })
    expect(plan).toMatchObject({ source: 'other', created: 1 })
    expect(await store.devices.find('new')).toHaveLength(1)
  })

  it('changes the budgets and what is held', async () => {
    const { service } = await twelve.service({ credentials: [credential('core')] })
    service.change(
      defaultConfig({
        credentials: [],
        throttle: { concurrency: 7, perSite: 3, startsPerSecond: 2 },
        schedule: { everyMs: 60_000 },
      }),
      [],
    )
    const limits = Object.fromEntries(service.budgets().map(({ name, limit }) => [name, limit]))
    expect(limits).toMatchObject({ concurrency: 7, perSite: 3, starts: 2 })
    expect(service.holdSettings).toEqual({ credentials: [], hostKeys: 'trust-first', intervalMs: 60_000 })
  })
})
