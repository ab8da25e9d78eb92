import { setImmediate as nextTurn } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLogger } from '../../src/base/log.ts'
import { Retention } from '../../src/refresh/retention.ts'
import { FIRST_TRY, idsByName, newStore, probeCount, record, report, sync } from '../store/support/fixture.ts'
import { HandClock } from '../support/hand-clock.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START = 100 * DAY_MS

/** A store with one device, and a retention of ten days for probes and twenty for changes. */
async function newRetention() {
  const { store, database: path } = await newStore()
  await sync(store, [record('France/Paris/r1')], { at: START - 30 * DAY_MS })
  const { r1 = 0 } = await idsByName(store)
  const clock = new HandClock(START)
  const lines: { level: number; msg: string }[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) }
  const retention = new Retention({
    store,
    clock,
    log: createLogger({ level: 'info', destination }),
    keep: { probesMs: 10 * DAY_MS, changesMs: 20 * DAY_MS },
  })
  onTestFinished(() => retention.close())
  /** So many probes, a second apart, the first of them so long ago. */
  const probe = async (count: number, agoMs: number) => {
    const began = Array.from({ length: count }, (_, index) => START - agoMs + index * 1_000)
    await store.probes.commitBatch(
      began.map((startedAt) => ({
        refreshId: null,
        deviceId: r1,
        ...FIRST_TRY,
        report: report({ startedAt }),
      })),
    )
  }
  const probes = () => probeCount(store, { deviceId: r1 })
  /** Lets time pass, pauses only, until it comes true. */
  const until = async (isTrue: () => boolean | Promise<boolean>) => {
    while (!(await isTrue())) {
      if (clock.timers > 1) clock.advance(100)
      await nextTurn()
    }
  }
  return { store, path, clock, lines, retention, probe, probes, until }
}

describe('Retention', () => {
  it('deletes old rows a minute after the start, then every hour', async () => {
    const { store, clock, lines, probe, probes, until } = await newRetention()
    await probe(3, 11 * DAY_MS)
    await probe(1, 10 * DAY_MS - HOUR_MS)
    await probe(1, 0)
    clock.advance(59_999)
    expect(clock.timers).toBe(1)
    clock.advance(1)
    await until(() => lines.length === 1)
    expect(lines).toMatchObject([
      { level: 30, probes: 3, changes: 1, refreshes: 0, msg: 'old probes and changes removed' },
    ])
    expect(await probes()).toBe(2)
    expect(await store.changes.count()).toBe(0)

    clock.advance(HOUR_MS)
    await until(() => lines.length === 2)
    expect(lines[1]).toMatchObject({ probes: 1, changes: 0 })
    expect(await probes()).toBe(1)
  })

  it('lets other work run between two batches', async () => {
    const { clock, probe, probes, until } = await newRetention()
    await probe(1_000, 11 * DAY_MS)
    await probe(1, 0)
    clock.advance(60_000)
    const left = new Set<number>()
    await until(async () => {
      left.add(await probes())
      return left.has(1)
    })
    expect([...left]).toEqual([751, 501, 251, 1])
  })

  it('ends with the current batch, and leaves the rest for the next time', async () => {
    const { clock, retention, probe, probes, until } = await newRetention()
    await probe(1_000, 11 * DAY_MS)
    clock.advance(60_000)
    await until(async () => (await probes()) < 1_000)
    await Promise.all([retention.close(), retention.close()])
    expect(clock.timers).toBe(0)
    const left = await probes()
    expect(left).toBeGreaterThan(1)
    clock.advance(2 * HOUR_MS)
    await nextTurn()
    expect(await probes()).toBe(left)
  })

  it('tries again an hour later if the database could not be written', async () => {
    const { path, clock, lines, probe, probes, until } = await newRetention()
    await probe(2, 11 * DAY_MS)
    const other = new Sqlite(path)
    onTestFinished(() => void other.close())
    other.exec('begin immediate')
    clock.advance(60_000)
    await until(() => lines.length === 1)
    expect(lines).toMatchObject([{ level: 40, reason: expect.stringContaining('is locked') }])
    other.exec('rollback')
    clock.advance(HOUR_MS)
    await until(() => lines.length === 2)
    expect(await probes()).toBe(1)
  })
})
