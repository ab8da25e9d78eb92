import { describe, expect, it } from 'vitest'
import { progressOf } from '../../src/refresh/progress.ts'
import {
  holdSettings,
  type RefreshSnapshot,
  RefreshSnapshotView,
} from '../../src/refresh/refresh-snapshot.ts'
import type { RefreshRow } from '../../src/store/refresh-store.ts'
import { newRefresh, newStore } from '../store/support/fixture.ts'
import { defaultConfig } from '../support/default-config.ts'

const NOW = Date.UTC(2026, 4, 3, 23, 19, 4, 120)

const config = defaultConfig({
  credentials: [
    { name: 'lab', username: 'lab', password: 'secret of the lab', match: { site: 'Lab*' } },
    { name: 'rest', username: 'rest', password: 'secret of the rest', match: null },
  ],
})

describe('a snapshot of the refreshes', () => {
  it('has the progress of running refreshes, and reports that of the others', async () => {
    const { store } = await newStore()
    const running = await newRefresh(store)
    const other: RefreshRow = { ...running, id: 7 }
    const progress = {
      ...progressOf(running, undefined, NOW),
      inFlight: 3,
      pausedBecause: 'The disk is full.',
    }
    const view = new RefreshSnapshotView(snapshot({ running: [progress] }), holdSettings(config))
    expect(view.progress(running)).toBe(progress)
    expect(view.progress(other)).toEqual(progressOf(other, undefined, NOW))
  })

  it('knows which devices were held back', () => {
    const credential = (name: string, state: 'ACTIVE' | 'SUSPENDED') => ({
      name,
      state,
      rejections: 0,
      suspendedAt: null,
    })
    const credentials = [credential('lab', 'SUSPENDED'), credential('rest', 'ACTIVE')]
    const view = new RefreshSnapshotView(snapshot({ credentials }), holdSettings(config))
    const device = {
      name: 'r1',
      address: '192.0.2.1',
      port: 830,
      platform: null,
      credential: null,
      site: 'Lyon',
      country: 'France',
      lifecycle: 'ACTIVE',
      hostKey: null,
      backOffUntil: null,
    }
    expect(view.holdOf(device)).toBeNull()
    expect(view.holdOf({ ...device, site: 'Lab 1' })).toBe('CREDENTIAL_SUSPENDED')
    expect(view.holdOf({ ...device, credential: 'none' })).toBe('NO_CREDENTIAL')
    expect(view.holdOf({ ...device, backOffUntil: NOW + 1 })).toBe('BACKING_OFF')
    const hostKey = { algorithm: 'ssh-ed25519', fingerprint: 'SHA256:a', offeredFingerprint: 'SHA256:b' }
    expect(view.holdOf({ ...device, hostKey })).toBe('HOST_KEY_CHANGED')
  })

  it('needs settings without secrets', () => {
    expect(JSON.stringify(holdSettings(config))).not.toContain('secret')
  })
})

function snapshot(fields: Partial<RefreshSnapshot>): RefreshSnapshot {
  return { at: NOW, running: [], budgets: [], credentials: [], ...fields }
}
