import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DeviceJournal } from '../../../src/api/live/device-feed.ts'

describe('the journal of changed devices', () => {
  it('lists the devices changed since any point, each once, in the order of their last changes', () => {
    const history = fc.array(fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 6 }), { maxLength: 30 })
    fc.assert(
      fc.property(history, fc.nat(200), fc.integer({ min: 1, max: 5 }), (batches, start, limit) => {
        const journal = new DeviceJournal()
        for (const batch of batches) journal.record(batch)
        const changes = batches.flat()
        expect(journal.head).toBe(changes.length)
        const since = Math.min(start, changes.length)
        const expected = [...new Set(changes.slice(since).reverse())].reverse()
        const told: number[] = []
        let upTo = since
        do {
          const piece = journal.since(upTo, limit)
          expect(piece.deviceIds.length).toBeLessThanOrEqual(limit)
          told.push(...piece.deviceIds)
          upTo = piece.upTo
        } while (upTo < journal.head)
        expect(told).toEqual(expected)
      }),
    )
  })
})
