import { describe, expect, it } from 'vitest'
import { RollcallError } from '../../../src/base/errors.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { WriteRetry } from '../../../src/refresh/inventory/write-retry.ts'
import { HandClock } from '../../support/hand-clock.ts'

const FULL = new RollcallError('DATABASE_UNAVAILABLE', 'The disk is full.')

/** A write that fails until `mended`, and a write retry for it. */
function newWriteRetry() {
  const clock = new HandClock()
  const changes: boolean[] = []
  const disk = { isFull: true, writes: 0 }
  const writeRetry = new WriteRetry({
    clock,
    log: silentLogger,
    onChange: (isPaused) => changes.push(isPaused),
  })
  const write = async () => {
    disk.writes += 1
    if (disk.isFull) throw FULL
    return 'written'
  }
  return { clock, changes, disk, writeRetry, write, abort: new AbortController() }
}

/** Lets all that is due happen, timers apart. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

describe('WriteRetry', () => {
  it('retries every second until the database accepts the write, and reports the reason', async () => {
    const { clock, changes, disk, writeRetry, write, abort } = newWriteRetry()
    const written = writeRetry.run(write, abort.signal)
    await settle()
    expect(writeRetry.pausedBecause).toBe('The disk is full.')
    clock.advance(999)
    await settle()
    expect(disk.writes).toBe(1)
    clock.advance(1)
    await settle()
    expect(disk.writes).toBe(2)
    disk.isFull = false
    clock.advance(1_000)
    await expect(written).resolves.toBe('written')
    expect(writeRetry.pausedBecause).toBeNull()
    expect(changes).toEqual([true, false])
    expect(clock.timers).toBe(0)
  })

  it('tries a last time after the signal aborts, then rejects', async () => {
    const { clock, changes, disk, writeRetry, write, abort } = newWriteRetry()
    const written = writeRetry.run(write, abort.signal)
    await settle()
    abort.abort()
    await expect(written).rejects.toBe(FULL)
    expect(disk.writes).toBe(2)
    expect(writeRetry.pausedBecause).toBeNull()
    expect(changes).toEqual([true, false])
    expect(clock.timers).toBe(0)
  })

  it('tries a last time when the given time is over, then rejects', async () => {
    const { clock, changes, disk, writeRetry, write, abort } = newWriteRetry()
    const written = writeRetry.run(write, abort.signal, { waitMs: 1_500 })
    await settle()
    clock.advance(1_000)
    await settle()
    clock.advance(499)
    await settle()
    expect(disk.writes).toBe(2)
    clock.advance(1)
    await expect(written).rejects.toBe(FULL)
    expect(disk.writes).toBe(3)
    expect(writeRetry.pausedBecause).toBeNull()
    expect(changes).toEqual([true, false])
    expect(clock.timers).toBe(0)
  })

  it('stays paused for other waiting writes when one rejects', async () => {
    const { clock, disk, writeRetry, write, abort } = newWriteRetry()
    const other = writeRetry.run(write, new AbortController().signal)
    const written = writeRetry.run(write, abort.signal)
    await settle()
    abort.abort()
    await expect(written).rejects.toBe(FULL)
    expect(writeRetry.pausedBecause).toBe('The disk is full.')
    disk.isFull = false
    clock.advance(1_000)
    await expect(other).resolves.toBe('written')
  })

  it('ends its pause with a permanent failure, as with a success', async () => {
    const { clock, changes, writeRetry, abort } = newWriteRetry()
    const bug = new TypeError('x is undefined')
    const failures: Error[] = [FULL, bug]
    const written = writeRetry.run(() => Promise.reject(failures.shift()), abort.signal)
    await settle()
    expect(changes).toEqual([true])
    clock.advance(1_000)
    await expect(written).rejects.toBe(bug)
    expect(writeRetry.pausedBecause).toBeNull()
    expect(changes).toEqual([true, false])
    expect(clock.timers).toBe(0)
  })

  it('does not retry a permanent failure', async () => {
    const { writeRetry, abort } = newWriteRetry()
    const damaged = new RollcallError('DATABASE_FAILED', 'The database is damaged.')
    await expect(writeRetry.run(() => Promise.reject(damaged), abort.signal)).rejects.toBe(damaged)
    const bug = new TypeError('x is undefined')
    await expect(writeRetry.run(() => Promise.reject(bug), abort.signal)).rejects.toBe(bug)
    expect(writeRetry.pausedBecause).toBeNull()
  })
})
