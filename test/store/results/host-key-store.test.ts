import { describe, expect, it } from 'vitest'
import type { HostKeyPolicy } from '../../../src/config/schema.ts'
import type { ProbeOutcome } from '../../../src/netconf/outcome/outcome.ts'
import { FIRST_TRY, idsByName, newRefresh, newStore, record, report, sync } from '../support/fixture.ts'

/** How a device showed a key: it held it, or it was refused, or the key exchange failed on it. */
type Showing = [fingerprint: string, how?: 'held' | 'refused' | 'broken', policy?: HostKeyPolicy]

const OUTCOMES: Record<'held' | 'refused' | 'broken', ProbeOutcome> = {
  held: 'AUTH_FAILED',
  refused: 'HOST_KEY_CHANGED',
  broken: 'SSH_FAILED',
}

async function device() {
  const { store, statements } = await newStore()
  await sync(store, [record('France/Paris/r1'), record('France/Paris/r2')])
  const { r1 = 0, r2 = 0 } = await idsByName(store)
  const shown = (startedAt: number, [fingerprint, how = 'held']: Showing, deviceId = r1) => {
    const hostKey = { algorithm: `type of ${fingerprint}`, fingerprint, verified: how === 'held' }
    const fields = report({ outcome: OUTCOMES[how], phase: 'KEY_EXCHANGE', startedAt })
    return {
      refreshId: null,
      deviceId,
      ...FIRST_TRY,
      report: { ...fields, peer: { ...fields.peer, hostKey } },
    }
  }
  /** One probe after the other, the first at 1,000 and each 1,000 later. */
  const show = async (...showings: Showing[]) => {
    for (const [index, showing] of showings.entries()) {
      await store.probes.commitBatch(
        [shown((index + 1) * 1_000, showing)],
        showing[2] && { hostKeys: showing[2] },
      )
    }
  }
  const trust = (deviceId: number, fingerprint: string) =>
    store.hostKeys.trust(deviceId, fingerprint, { by: 'mara', at: 9_000 })
  const known = async () => (await store.hostKeys.ofDevices([r1]))[0]
  return { store, statements, r1, r2, shown, show, trust, known }
}

describe('the host key of a device', () => {
  it.each<[string, Showing[], string | null]>([
    ['the first that it held', [['A']], 'A of 1000'],
    ['the first that it held, still', [['A'], ['A']], 'A of 1000'],
    ['none if the key was refused', [['A', 'refused']], null],
    ['none if the device did not prove that it has the key', [['A', 'broken']], null],
    ['the first, with the one that was refused', [['A'], ['B', 'refused']], 'A of 1000, offered B'],
    [
      'the first, with the last that was refused',
      [['A'], ['B', 'refused'], ['C', 'refused']],
      'A of 1000, offered C',
    ],
    ['the first, with another that was held before it was known', [['A'], ['B']], 'A of 1000, offered B'],
    ['the first alone once it is shown again', [['A'], ['B', 'refused'], ['A']], 'A of 1000'],
    ['only the first if another key exchange was broken off', [['A'], ['B', 'broken']], 'A of 1000'],
    ['the first if keys are not checked', [['A'], ['B', 'held', 'off']], 'A of 1000'],
    ['the first even if keys are not checked', [['A', 'held', 'off']], 'A of 1000'],
    ['the one that the file vouches for', [['A'], ['B', 'held', 'known-hosts']], 'B of 2000'],
    [
      'the first, with the one that the file does not have',
      [['A'], ['B', 'refused', 'known-hosts']],
      'A of 1000, offered B',
    ],
  ])('is %s', async (_name, showings, expected) => {
    const { show, known } = await device()
    await show(...showings)
    const row = await known()
    const offered = row?.offeredFingerprint ? `, offered ${row.offeredFingerprint}` : ''
    expect(row ? `${row.fingerprint} of ${row.firstSeenAt}${offered}` : null).toBe(expected)
    if (row) expect(row.algorithm).toBe(`type of ${row.fingerprint}`)
  })

  it('is logged as a change only if the known-hosts file lists another key', async () => {
    const { store, show, r1 } = await device()
    await show(['A'], ['B', 'held', 'off'], ['C', 'refused'], ['B', 'held', 'known-hosts'])
    const { items } = await store.changes.page({ deviceId: r1, page: { first: 10 } })
    expect(items.filter(({ action }) => action !== 'CREATED')).toMatchObject([
      {
        at: 4_000,
        actor: 'known-hosts',
        action: 'HOST_KEY_TRUSTED',
        fields: [{ field: 'hostKey', before: 'A', after: 'B' }],
      },
    ])
  })

  it('is the same after a batch as after one probe after the other', async () => {
    const { store, shown, known, r2 } = await device()
    await store.probes.commitBatch([
      shown(1_000, ['A']),
      shown(1_500, ['X', 'held'], r2),
      shown(2_000, ['B', 'refused']),
      shown(3_000, ['A']),
      shown(4_000, ['C', 'refused']),
    ])
    expect(await known()).toMatchObject({ fingerprint: 'A', firstSeenAt: 1_000, offeredFingerprint: 'C' })
    expect(await store.hostKeys.ofDevices([r2])).toMatchObject([
      { fingerprint: 'X', offeredFingerprint: null },
    ])
  })

  it('is not written again if nothing is new', async () => {
    const { store, statements, shown, r2 } = await device()
    await store.probes.commitBatch([shown(1_000, ['A']), shown(1_000, ['X'], r2)])
    statements.length = 0
    await store.probes.commitBatch([shown(2_000, ['A']), shown(2_000, ['X'], r2)])
    expect(statements.filter((sql) => sql.includes('"host_keys"'))).toHaveLength(1)
  })

  it('is returned with the targets of a refresh', async () => {
    const { store, show } = await device()
    await show(['A'], ['B', 'refused'])
    const { id, scope } = await newRefresh(store)
    await store.refreshes.addTargets(id, { scope, probedBefore: null })
    const targets = await store.refreshes.pendingTargets(id)
    expect(targets.map(({ name, hostKey }) => [name, hostKey])).toEqual([
      ['r1', { algorithm: 'type of A', fingerprint: 'A', offeredFingerprint: 'B' }],
      ['r2', null],
    ])
  })
})

describe('trust', () => {
  it('replaces the known key with the offered one', async () => {
    const { show, trust, known, r1 } = await device()
    await show(['A'], ['B', 'refused'], ['B', 'refused'])
    expect(await trust(r1, 'B')).toBe(true)
    expect(await known()).toEqual({
      deviceId: r1,
      algorithm: 'type of B',
      fingerprint: 'B',
      firstSeenAt: 2_000,
      offeredFingerprint: null,
    })
    expect(await trust(r1, 'B')).toBe(false)
  })

  it('records the actor in the change log, once', async () => {
    const { store, show, trust, r1 } = await device()
    await show(['A'], ['B', 'refused'])
    for (const fingerprint of ['B', 'B', 'C']) await trust(r1, fingerprint)
    const { items } = await store.changes.page({ deviceId: r1, page: { first: 10 } })
    expect(items.filter(({ action }) => action !== 'CREATED')).toEqual([
      {
        id: items[0]?.id,
        at: 9_000,
        actor: 'mara',
        action: 'HOST_KEY_TRUSTED',
        deviceId: r1,
        fields: [{ field: 'hostKey', before: 'A', after: 'B' }],
      },
    ])
  })

  it.each(['A', 'C', 'b', ''])(
    'changes nothing for the fingerprint %j, which was not offered',
    async (other) => {
      const { show, trust, known, r1, r2 } = await device()
      await show(['A'], ['B', 'refused'])
      const before = await known()
      expect(await trust(r1, other)).toBe(false)
      expect(await trust(r2, 'B')).toBe(false)
      expect(await known()).toEqual(before)
    },
  )

  it('is not undone by a probe that began before it', async () => {
    const { store, show, shown, trust, known, r1 } = await device()
    await show(['A'], ['B', 'refused'])
    await trust(r1, 'B')
    await store.probes.commitBatch([shown(3_000, ['B', 'refused'])])
    expect(await known()).toMatchObject({ fingerprint: 'B', offeredFingerprint: null })
  })
})
