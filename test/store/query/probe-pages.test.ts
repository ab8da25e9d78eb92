import { describe, expect, it } from 'vitest'
import type { ProbeOutcome } from '../../../src/netconf/outcome/outcome.ts'
import type { ProbeRow } from '../../../src/store/probe-store.ts'
import type { Page, PageRequest } from '../../../src/store/query/page.ts'
import { FIRST_TRY, idsByName, newRefresh, newStore, record, report, sync } from '../support/fixture.ts'

const OUTCOMES: readonly ProbeOutcome[] = ['SUPPORTED', 'TIMEOUT', 'SUPPORTED', 'AUTH_FAILED', 'SUPPORTED']

/** Twelve devices, all of them probed in each of four refreshes, which end differently. */
async function history() {
  const { store, statements } = await newStore()
  await sync(
    store,
    Array.from({ length: 12 }, (_, index) => record(`France/Lyon/r${index}`)),
  )
  const deviceIds = Object.values(await idsByName(store))
  const refreshIds: number[] = []
  for (let round = 0; round < 4; round += 1) {
    const { id: refreshId } = await newRefresh(store)
    refreshIds.push(refreshId)
    await store.probes.commitBatch(
      deviceIds.map((deviceId, index) => ({
        refreshId,
        deviceId,
        ...FIRST_TRY,
        report: report({ outcome: OUTCOMES[(index * 3 + round) % OUTCOMES.length] ?? 'TIMEOUT' }),
      })),
    )
  }
  const ids = Array.from({ length: 4 * 12 }, (_, index) => index + 1)
  const probes = (await store.probes.byIds(ids)).sort((one, other) => one.id - other.id)
  statements.length = 0
  return { store, statements, deviceIds, refreshIds, probes }
}

/** All pages of this size, from one end to the other, each with what comes after or before it. */
async function walk(
  size: number,
  end: 'first' | 'last',
  fetch: (page: PageRequest) => Promise<Page<ProbeRow> | undefined>,
): Promise<number[]> {
  const found: number[] = []
  let cursor: string | undefined
  for (;;) {
    const page = await fetch(
      end === 'first' ? { first: size, after: cursor } : { last: size, before: cursor },
    )
    if (!page) return found
    const ids = page.items.map(({ id }) => id)
    if (end === 'first') found.push(...ids)
    else found.unshift(...ids)
    if (!(end === 'first' ? page.hasNextPage : page.hasPreviousPage)) return found
    expect([page.startCursor, page.endCursor]).toEqual([page.cursors[0], page.cursors.at(-1)])
    cursor = end === 'first' ? page.cursors.at(-1) : page.cursors[0]
  }
}

describe.each([1, 2, 5, 100])('pages of %i probes', (size) => {
  it.each(['first', 'last'] as const)(
    'of several devices have each of their probes once, newest first, with `%s`',
    async (end) => {
      const { store, deviceIds, probes } = await history()
      for (const deviceId of deviceIds.slice(0, 3)) {
        const found = await walk(size, end, async (page) =>
          (await store.probes.pagesOfDevices(deviceIds, page)).get(deviceId),
        )
        const expected = probes.filter((probe) => probe.deviceId === deviceId).map(({ id }) => id)
        expect(found).toEqual(expected.reverse())
      }
    },
  )

  it.each(['first', 'last'] as const)(
    'of several refreshes have the probes with the outcomes, in the order in which they ended, with `%s`',
    async (end) => {
      const { store, refreshIds, probes } = await history()
      const selections: (ProbeOutcome[] | null)[] = [
        null,
        ['TIMEOUT'],
        ['AUTH_FAILED', 'SUPPORTED', 'SUPPORTED'],
        ['DNS_FAILED'],
        [],
      ]
      for (const outcomes of selections) {
        const counts = await store.probes.countsOfRefreshes(refreshIds, outcomes)
        for (const refreshId of refreshIds) {
          const expected = probes.filter(
            (probe) => probe.refreshId === refreshId && (outcomes?.includes(probe.outcome) ?? true),
          )
          const found = await walk(size, end, async (page) =>
            (await store.probes.pagesOfRefreshes(refreshIds, { outcomes, page })).get(refreshId),
          )
          expect(found).toEqual(expected.map(({ id }) => id))
          expect(counts.get(refreshId) ?? 0).toBe(expected.length)
        }
      }
    },
  )
})

it('counts and reads pages for many parents in one statement each', async () => {
  const { store, statements, deviceIds, refreshIds } = await history()
  await store.probes.pagesOfDevices(deviceIds, { first: 2 })
  await store.probes.countsOfDevices(deviceIds)
  await store.probes.pagesOfRefreshes(refreshIds, { outcomes: ['TIMEOUT'], page: { first: 2 } })
  await store.probes.countsOfRefreshes(refreshIds, ['TIMEOUT'])
  expect(statements).toHaveLength(4)
})
