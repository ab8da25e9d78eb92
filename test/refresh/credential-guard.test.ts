import { describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import type { ProbeOutcome, ProbePhase } from '../../src/netconf/outcome/outcome.ts'
import { CredentialGuard } from '../../src/refresh/credential-guard.ts'
import { skippedReport } from '../../src/refresh/pool/unprobed-reports.ts'
import type { Store } from '../../src/store/store.ts'
import { newStore } from '../store/support/fixture.ts'
import { HandClock } from '../support/hand-clock.ts'

const ACCEPTED = ended('SUPPORTED', 'CLOSE')
const REJECTED = ended('AUTH_FAILED', 'AUTHENTICATE')
const UNTOLD = ended('UNREACHABLE', 'CONNECT')

function ended(outcome: ProbeOutcome, phase: ProbePhase) {
  return { ...skippedReport('', 0), outcome, phase }
}

/** Of the credentials `lab` and `core`; five rejections suspend one. */
async function newGuard(store?: Store, { isTakeover = false } = {}) {
  const clock = new HandClock()
  const suspended: string[] = []
  const over = store ?? (await newStore()).store
  const guard = new CredentialGuard({
    names: ['lab', 'core'],
    suspendAfter: 5,
    store: over,
    clock,
    log: silentLogger,
    isTakeover,
    onSuspended: (name) => suspended.push(name),
  })
  await guard.load()
  guard.beginRefresh()
  return { guard, clock, store: over, suspended }
}

function reject(guard: CredentialGuard, times: number): void {
  for (let time = 0; time < times; time += 1) guard.record('lab', REJECTED)
}

describe('CredentialGuard', () => {
  it('removes the limit after the first accepted login, however the session ends', async () => {
    for (const report of [ACCEPTED, ended('NO_NETCONF', 'SUBSYSTEM'), ended('TIMEOUT', 'HELLO')]) {
      const { guard } = await newGuard()
      expect(guard.limitOf('lab')).toBe(5)
      guard.record('lab', report)
      expect(guard.limitOf('lab')).toBe(Number.POSITIVE_INFINITY)
      expect(guard.limitOf('core')).toBe(5)
    }
  })

  it('never allows more logins at once than may still be rejected', async () => {
    const { guard } = await newGuard()
    const limits = [0, 1, 2, 3].map(() => {
      guard.record('lab', REJECTED)
      return guard.limitOf('lab')
    })
    expect(limits).toEqual([4, 3, 2, 1])
  })

  it('allows one more for each probe that ends before its login', async () => {
    const { guard } = await newGuard()
    guard.record('lab', UNTOLD)
    guard.record('lab', ended('TIMEOUT', 'AUTHENTICATE'))
    expect(guard.limitOf('lab')).toBe(7)
    for (let time = 0; time < 50; time += 1) guard.record('lab', UNTOLD)
    expect(guard.limitOf('lab')).toBe(20)
  })

  it('suspends a credential that is rejected five times in a row, and reports it once', async () => {
    const { guard, suspended, clock } = await newGuard()
    reject(guard, 4)
    guard.record('lab', UNTOLD)
    expect(guard.isSuspended('lab')).toBe(false)
    reject(guard, 2)
    expect(guard.isSuspended('lab')).toBe(true)
    expect(guard.limitOf('lab')).toBe(0)
    expect(suspended).toEqual(['lab'])
    expect(guard.rows()).toEqual([
      { name: 'lab', state: 'SUSPENDED', rejections: 5, suspendedAt: clock.now() },
      { name: 'core', state: 'ACTIVE', rejections: 0, suspendedAt: null },
    ])
  })

  it('counts from zero after an accepted login', async () => {
    const { guard } = await newGuard()
    reject(guard, 4)
    guard.record('lab', ACCEPTED)
    reject(guard, 4)
    expect(guard.isSuspended('lab')).toBe(false)
    expect(guard.limitOf('lab')).toBe(1)
  })

  it('needs another proof in a refresh more than a minute later', async () => {
    const { guard, clock } = await newGuard()
    guard.record('lab', ACCEPTED)
    clock.advance(60_000)
    guard.beginRefresh()
    expect(guard.limitOf('lab')).toBe(Number.POSITIVE_INFINITY)
    clock.advance(1)
    guard.beginRefresh()
    expect(guard.limitOf('lab')).toBe(5)
  })

  it('needs another proof if the clock was set back before the last one', async () => {
    const { guard, clock } = await newGuard()
    guard.record('lab', ACCEPTED)
    clock.setBack(1)
    guard.beginRefresh()
    expect(guard.limitOf('lab')).toBe(5)
  })

  it('tries a credential on trial on one device, and suspends it after one rejection', async () => {
    const { guard, suspended } = await newGuard()
    reject(guard, 5)
    await guard.putOnTrial('lab')
    expect(guard.limitOf('lab')).toBe(1)
    guard.record('lab', REJECTED)
    expect(guard.isSuspended('lab')).toBe(true)
    expect(suspended).toEqual(['lab', 'lab'])
  })

  it('resumes a credential on trial once a device has accepted it', async () => {
    const { guard } = await newGuard()
    reject(guard, 5)
    await guard.putOnTrial('lab')
    guard.record('lab', ACCEPTED)
    expect(guard.row('lab')).toEqual({ name: 'lab', state: 'ACTIVE', rejections: 0, suspendedAt: null })
    expect(guard.limitOf('lab')).toBe(Number.POSITIVE_INFINITY)
  })

  it('puts only suspended credentials on trial', async () => {
    const { guard } = await newGuard()
    await guard.putOnTrial('lab')
    expect(guard.row('lab')?.state).toBe('ACTIVE')
  })

  it('loads the saved states, with suspended credentials on trial', async () => {
    const first = await newGuard()
    reject(first.guard, 5)
    first.guard.record('core', REJECTED)
    await first.guard.save()
    const { guard } = await newGuard(first.store)
    expect(guard.rows().map(({ name, state, rejections }) => [name, state, rejections])).toEqual([
      ['lab', 'ON_TRIAL', 5],
      ['core', 'ACTIVE', 1],
    ])
    expect([guard.limitOf('lab'), guard.limitOf('core')]).toEqual([1, 4])
  })

  it('keeps a credential suspended if it takes over from another process, which was no restart', async () => {
    const first = await newGuard()
    reject(first.guard, 5)
    await first.guard.save()
    const { guard } = await newGuard(first.store, { isTakeover: true })
    expect(guard.row('lab')).toMatchObject({ state: 'SUSPENDED', rejections: 5 })
    expect(guard.limitOf('lab')).toBe(0)
  })

  it('writes nothing if nothing has changed', async () => {
    const { store, statements } = await newStore()
    const { guard } = await newGuard(store)
    reject(guard, 1)
    await guard.save()
    statements.length = 0
    guard.record('core', ACCEPTED)
    await guard.save()
    expect(statements).toEqual([])
    guard.record('lab', ACCEPTED)
    await guard.save()
    expect(statements).toHaveLength(1)
  })

  it('allows no login with a credential that the configuration does not have', async () => {
    const { guard } = await newGuard()
    expect(guard.limitOf('gone')).toBe(0)
    expect(guard.row('gone')).toBeNull()
  })
})
