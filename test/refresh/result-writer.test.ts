import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { ResultWriter } from '../../src/refresh/result-writer.ts'
import { HandClock } from '../support/hand-clock.ts'

/** A writer of numbers whose commits are under way until the test ends them. */
function newWriter() {
  const clock = new HandClock()
  const batches: number[][] = []
  const underWay: PromiseWithResolvers<void>[] = []
  const writer = new ResultWriter<number>({
    clock,
    commit: (batch) => {
      batches.push(batch)
      const commit = Promise.withResolvers<void>()
      underWay.push(commit)
      return commit.promise
    },
  })
  return {
    clock,
    writer,
    batches,
    push: (from: number, to: number) => {
      for (let result = from; result <= to; result += 1) writer.push(result)
    },
    /** Lets time pass, and what it sets off begin. */
    pass: async (durationMs: number) => {
      clock.advance(durationMs)
      await nextTurn()
    },
    endCommit: async (failure?: Error) => {
      const commit = underWay.shift()
      if (!commit) throw new Error('No commit is under way.')
      if (failure) commit.reject(failure)
      else commit.resolve()
      await nextTurn()
    },
    commitsUnderWay: () => underWay.length,
  }
}

function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}

describe('ResultWriter', () => {
  it('commits the gathered results 50 ms after the first one', async () => {
    const { push, pass, batches, clock } = newWriter()
    push(1, 1)
    await pass(49)
    push(2, 2)
    expect(batches).toEqual([])
    await pass(1)
    expect(batches).toEqual([[1, 2]])
    expect(clock.timers).toBe(0)
  })

  it('commits 200 results without waiting', async () => {
    const { push, pass, batches, clock } = newWriter()
    push(1, 199)
    await pass(0)
    expect(batches).toEqual([])
    push(200, 200)
    await pass(0)
    expect(batches).toEqual([numbers(1, 200)])
    expect(clock.timers).toBe(0)
  })

  it('commits one batch at a time, in order, none larger than 200', async () => {
    const { push, pass, batches, endCommit, commitsUnderWay } = newWriter()
    push(1, 450)
    await pass(50)
    expect(batches).toEqual([numbers(1, 200)])
    await endCommit()
    expect(batches.slice(1)).toEqual([numbers(201, 400)])
    expect(commitsUnderWay()).toBe(1)
    await endCommit()
    expect(batches.slice(2)).toEqual([numbers(401, 450)])
  })

  it('gathers results for 50 ms even after a commit has just ended', async () => {
    const { push, pass, batches, endCommit } = newWriter()
    push(1, 1)
    await pass(50)
    push(2, 2)
    await pass(10)
    await endCommit()
    push(3, 3)
    await pass(39)
    expect(batches).toEqual([[1]])
    await pass(1)
    expect(batches).toEqual([[1], [2, 3]])
  })

  it('drains: commits the rest at once, and resolves when all is committed', async () => {
    const { push, pass, batches, writer, endCommit, clock } = newWriter()
    push(1, 1)
    await pass(50)
    push(2, 2)
    let drained = false
    const drain = writer.drain().then(() => {
      drained = true
    })
    await endCommit()
    expect(batches).toEqual([[1], [2]])
    expect(drained).toBe(false)
    await endCommit()
    await drain
    expect(clock.timers).toBe(0)
  })

  it('drains at once if there is nothing', async () => {
    const { writer, batches } = newWriter()
    await writer.drain()
    expect(batches).toEqual([])
  })

  it('commits nothing after a failure, and drain rejects with it', async () => {
    const { push, pass, batches, endCommit, writer, clock } = newWriter()
    push(1, 200)
    push(201, 201)
    await pass(50)
    await endCommit(new Error('disk full'))
    push(202, 203)
    await pass(50)
    await expect(writer.drain()).rejects.toThrow('disk full')
    expect(batches).toEqual([numbers(1, 200)])
    expect(clock.timers).toBe(0)
  })
})
