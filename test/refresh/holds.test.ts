import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { silentLogger } from '../../src/base/log.ts'
import { CredentialGuard } from '../../src/refresh/credential-guard.ts'
import { type HeldDevice, Holds, type ProbeHold } from '../../src/refresh/holds.ts'
import { bugReport, skippedReport } from '../../src/refresh/pool/unprobed-reports.ts'
import { ProbeTasks } from '../../src/refresh/probe-tasks.ts'
import { newStore } from '../store/support/fixture.ts'
import { defaultConfig } from '../support/default-config.ts'

const NOW = Date.UTC(2026, 4, 3, 23, 19, 4, 120)
const INTERVAL_MS = 7_200_000
const CHANGED = {
  algorithm: 'ssh-ed25519',
  fingerprint: 'SHA256:known',
  offeredFingerprint: 'SHA256:other',
}

function device(fields: Partial<HeldDevice> = {}): HeldDevice {
  return {
    name: 'fra-core-01',
    address: '192.0.2.1',
    port: 830,
    platform: null,
    credential: 'good',
    site: 'Frankfurt',
    country: 'Germany',
    lifecycle: 'ACTIVE',
    hostKey: null,
    backOffUntil: null,
    ...fields,
  }
}

/** Of two credentials, of which one has been rejected. */
async function newHolds(): Promise<Holds> {
  const names = ['good', 'bad']
  const { store } = await newStore()
  const guard = new CredentialGuard({
    names,
    suspendAfter: 1,
    store,
    clock: systemClock,
    log: silentLogger,
    isTakeover: false,
    onSuspended: () => undefined,
  })
  guard.record('bad', { ...skippedReport('', 0), outcome: 'AUTH_FAILED', phase: 'AUTHENTICATE' })
  const credentials = names.map((name) => ({ name, username: name, match: null }))
  return new Holds(new ProbeTasks(defaultConfig({ credentials })), guard, INTERVAL_MS)
}

describe('Holds', () => {
  it.each<[string, Partial<HeldDevice>, ProbeHold | null]>([
    ['nothing', {}, null],
    ['a back-off', { backOffUntil: NOW + 1 }, 'BACKING_OFF'],
    ['nothing once a back-off is over', { backOffUntil: NOW }, null],
    [
      'no hold if its end was computed before the clock was set back',
      { backOffUntil: NOW + 7_200_001 },
      null,
    ],
    ['a suspended credential', { credential: 'bad', backOffUntil: NOW + 1 }, 'CREDENTIAL_SUSPENDED'],
    ['a credential that there is not', { credential: 'gone', backOffUntil: NOW + 1 }, 'NO_CREDENTIAL'],
    ['a changed key', { credential: 'bad', hostKey: CHANGED }, 'HOST_KEY_CHANGED'],
    ['being decommissioned', { lifecycle: 'DECOMMISSIONED', hostKey: CHANGED }, 'DECOMMISSIONED'],
  ])('finds the hold of a device: %s', async (_name, fields, hold) => {
    expect((await newHolds()).holdOf(device(fields), NOW)).toBe(hold)
  })

  it.each<[ProbeHold, Partial<HeldDevice>, RegExp]>([
    ['DECOMMISSIONED', {}, /inventory/],
    [
      'HOST_KEY_CHANGED',
      { hostKey: CHANGED },
      /SHA256:other instead of the known SHA256:known.* trustHostKey/,
    ],
    ['NO_CREDENTIAL', { credential: null }, /No credential matches.*add one to `credentials`/],
    ['NO_CREDENTIAL', { credential: 'gone' }, /"gone"/],
    ['CREDENTIAL_SUSPENDED', { credential: 'bad' }, /"bad" is suspended.*resumeCredential/],
    ['BACKING_OFF', { backOffUntil: NOW }, /not probed before 2026-05-03T23:19:04.120Z.*`force`/],
  ])('explains the hold %s and what to do', async (hold, fields, words) => {
    const skipped = (await newHolds()).skippedReport(device(fields), hold, NOW)
    expect(skipped).toMatchObject({ outcome: 'SKIPPED', phase: 'QUEUED', startedAt: NOW, durationMs: 0 })
    expect(skipped.message).toMatch(words)
  })
})

it('names a bug of Rollcall as the cause', () => {
  expect(bugReport(5_000)).toMatchObject({
    outcome: 'SKIPPED',
    message: 'Rollcall failed with an internal error while it probed this device; its log says more.',
    startedAt: 5_000,
    capabilities: null,
  })
})
