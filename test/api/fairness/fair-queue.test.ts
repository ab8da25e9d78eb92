import { GraphQLError } from 'graphql'
import { describe, expect, it } from 'vitest'
import { FairQueue } from '../../../src/api/fairness/fair-queue.ts'
import { ThreadTurns } from '../../../src/api/fairness/thread-turns.ts'

const LIMITS = { costOfCaller: 100, costOfAll: 250, operationsOfCaller: 5, operationsOfAll: 8 }
/** More than what work may begin within, without a turn of the event loop. */
const SLICE_MS = 11
const never = new AbortController().signal

describe('a queue of large operations', () => {
  it('runs the operations of callers in turns', async () => {
    const { ask, finished, release } = newQueue()
    for (const caller of ['a', 'a', 'a', 'a', 'b', 'b', 'c']) ask(caller, 10)
    await release()
    expect(finished).toEqual(['a0', 'a1', 'b4', 'c6', 'a2', 'b5', 'a3'])
  })

  it("refuses operations beyond the caller's cost limit, and says when to try again", async () => {
    const { ask, queue, release } = newQueue()
    const asked = [60, 30, 20].map((cost) => ask('a', cost))
    const refusal = await asked[2]
    expect(refusal).toBeInstanceOf(GraphQLError)
    expect(refusal).toMatchObject({
      message: expect.stringContaining('cost 90 together, and at most 100 is allowed'),
      extensions: { code: 'RATE_LIMITED', http: { status: 429, headers: { 'retry-after': '1' } } },
    })
    expect((refusal as GraphQLError).extensions.retryAfterMs).toBeGreaterThan(0)
    const other = ask('b', 20)
    expect(queue.waiting).toBe(2)
    await release()
    expect(await Promise.all([asked[0], asked[1], other])).toEqual(['a0', 'a1', 'b3'])
    expect(await ask('a', 20)).toBe('a4')
  })

  it('refuses operations beyond the cost limit of all callers', async () => {
    const { ask, release } = newQueue()
    const asked = ['a', 'b', 'c'].map((caller) => ask(caller, 90))
    expect(await asked[2]).toMatchObject({
      message: expect.stringContaining('All callers together'),
      extensions: { code: 'RATE_LIMITED', http: { status: 503 } },
    })
    await release()
  })

  it("refuses operations beyond the caller's number limit, even if they cost little", async () => {
    const { ask, release } = newQueue()
    const asked = Array.from({ length: 6 }, () => ask('a', 1))
    expect(await asked[5]).toMatchObject({ message: expect.stringContaining('5 large operations') })
    await release()
  })

  it('accepts the first operation of a caller at any cost', async () => {
    const { ask, release } = newQueue()
    const asked = ask('a', 1_000)
    await release()
    expect(await asked).toBe('a0')
  })

  it('accepts further operations after a waiting one was aborted', async () => {
    const { ask, queue, release } = newQueue()
    const leaving = new AbortController()
    ask('a', 50)
    const left = ask('a', 50, leaving.signal)
    expect(await ask('a', 50)).toBeInstanceOf(GraphQLError)
    leaving.abort(new Error('left'))
    expect(await left).toEqual(new Error('left'))
    expect(queue.waiting).toBe(0)
    const admitted = ask('a', 50)
    await release()
    expect(await admitted).toBe('a3')
  })
})

describe("turns of the API's thread", () => {
  it('begin at once while there is time, then with the event loop, callers in turns', async () => {
    const turns = new ThreadTurns()
    expect(turns.take('a')).toBeUndefined()
    expect(turns.take('a')).toBeUndefined()
    keepBusy(SLICE_MS)
    const begun: string[] = []
    for (const [index, caller] of ['a', 'a', 'b'].entries()) {
      void turns.take(caller)?.then(() => {
        begun.push(`${caller}${index}`)
        keepBusy(SLICE_MS)
      })
    }
    const perTurn: number[] = []
    while (begun.length < 3) {
      await new Promise((resolve) => setImmediate(resolve))
      perTurn.push(begun.length)
    }
    expect(begun).toEqual(['a0', 'b2', 'a1'])
    // Each keeps the thread for a whole slice.
    expect(perTurn.every((count, index) => count - (perTurn[index - 1] ?? 0) <= 1)).toBe(true)
    await new Promise((resolve) => setImmediate(resolve))
    expect(turns.take('a')).toBeUndefined()
  })

  it('begin several in one turn of the event loop if they take no time', async () => {
    const turns = new ThreadTurns()
    turns.take('a')
    keepBusy(SLICE_MS)
    let begun = 0
    for (let index = 0; index < 50; index += 1) void turns.take('a')?.then(() => (begun += 1))
    let loops = 0
    for (; begun < 50; loops += 1) await new Promise((resolve) => setImmediate(resolve))
    expect(loops).toBeLessThan(50)
  })

  it('are refused to a request if too many of its caller wait', () => {
    const turns = new ThreadTurns()
    turns.take('a')
    keepBusy(SLICE_MS)
    for (let index = 0; index < 1_000; index += 1) void turns.takeForRequest('a')
    expect(() => turns.takeForRequest('a')).toThrow('You have 1000 requests waiting')
    expect(turns.takeForRequest('b')).toBeInstanceOf(Promise)
  })
})

/** A queue with one place, whose operations end in their order once they are released. */
function newQueue() {
  const queue = new FairQueue({ places: 1, limits: LIMITS })
  const finished: string[] = []
  const gate = Promise.withResolvers<void>()
  let count = 0
  const asked: Promise<unknown>[] = []
  return {
    queue,
    finished,
    ask(caller: string, cost: number, signal = never): Promise<unknown> {
      const name = `${caller}${count++}`
      const answer = queue
        .run({ caller, cost, signal }, async () => {
          await gate.promise
          finished.push(name)
          return name
        })
        .catch((refusal: unknown) => refusal)
      asked.push(answer)
      return answer
    },
    async release(): Promise<void> {
      gate.resolve()
      await Promise.all(asked)
    },
  }
}

function keepBusy(durationMs: number): void {
  const end = performance.now() + durationMs
  while (performance.now() < end);
}
