import { type ExecutionArgs, type ExecutionResult, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { CompiledQueries } from '../../../src/api/execution/compiled-queries.ts'
import { ThreadTurns } from '../../../src/api/fairness/thread-turns.ts'
import { Deadline } from '../../../src/api/limits/deadline.ts'
import { QueryExecution } from '../../../src/api/operations/query-execution.ts'
import { SharedAnswers } from '../../../src/api/operations/shared-answers.ts'
import { schema } from '../../../src/api/schema/schema.ts'

const LARGE_COST = 10_000
const POPULAR = 'query Popular { countries { name } }'

describe('a large query that equals one in the queue of another caller', () => {
  it('has a turn of its own, and its answer serves all of them', async () => {
    const { ask, begun, next } = newExecution()
    const mine = [1, 2, 3].map((index) => ask('first', `query Mine${index} { countries { name } }`))
    const theirs = [ask('first', POPULAR), ask('first', POPULAR)]
    const other = ask('second', POPULAR)
    // The callers take turns. Without a place of its own it would wait for all that the first caller has asked for.
    await next('Mine1')
    await next('Mine2')
    await next('Popular')
    const answers = await Promise.all([other, ...theirs])
    expect(new Set(answers).size).toBe(1)
    expect(answers[0]?.data).toEqual({ by: 'second' })
    await next('Mine3')
    await Promise.all(mine)
    expect(begun).toEqual(['first Mine1', 'first Mine2', 'second Popular', 'first Mine3'])
  })

  it('frees its place in the budget when another one has the answer', async () => {
    const { ask, next } = newExecution({ maxCost: LARGE_COST })
    // What one caller may have under way is four times what an operation may cost.
    const all = ['A', 'B', 'C'].map((name) => ask('first', `query ${name} { countries { name } }`))
    all.push(ask('first', POPULAR))
    expect(await ask('first', 'query D { countries { name } }')).toMatchObject(REFUSED)
    const other = ask('second', POPULAR)
    for (const name of ['A', 'B', 'Popular']) await next(name)
    await other
    const admitted = ask('first', 'query D { countries { name } }')
    for (const name of ['C', 'D']) await next(name)
    expect(await admitted).toEqual({ data: { by: 'first' } })
    await Promise.all(all)
  })

  it('waits for the other one if it is refused a place', async () => {
    const { ask, next } = newExecution({ maxCost: LARGE_COST })
    const full = ['A', 'B', 'C', 'D'].map((name) => ask('first', `query ${name} { countries { name } }`))
    const other = ask('second', POPULAR)
    const joined = ask('first', POPULAR)
    for (const name of ['A', 'B', 'Popular']) await next(name)
    expect(await joined).toBe(await other)
    for (const name of ['C', 'D']) await next(name)
    await Promise.all(full)
    const again = ['A', 'B', 'C', 'D'].map((name) => ask('third', `query ${name}3 { countries { name } }`))
    expect(await ask('third', 'query Alone { countries { name } }')).toMatchObject(REFUSED)
    for (const name of ['A3', 'B3', 'C3', 'D3']) await next(name)
    await Promise.all(again)
  })

  it('waits for one that has begun, and runs in its own place if that one is aborted', async () => {
    const { ask, begun, next, fail } = newExecution()
    const first = ask('first', POPULAR)
    const others = [ask('second', POPULAR), ask('third', POPULAR)]
    await fail('Popular')
    await expect(first).rejects.toThrow('given up')
    await next('Popular')
    const answers = await Promise.all(others)
    expect(answers[0]).toBe(answers[1])
    expect(begun).toEqual(['first Popular', 'second Popular'])
  })

  it('leaves the queue only together with its own caller', async () => {
    const { ask, begun, next } = newExecution()
    const running = ask('first', 'query A { countries { name } }')
    const leaving = new Deadline()
    const left = ask('first', POPULAR, leaving)
    const other = ask('second', POPULAR)
    leaving.start(60_000, AbortSignal.abort())
    expect(await left).toMatchObject({ errors: [{ extensions: { code: 'QUERY_TOO_COMPLEX' } }] })
    leaving.stop()
    await next('A')
    await next('Popular')
    expect((await other).data).toEqual({ by: 'second' })
    await running
    expect(begun).toEqual(['first A', 'second Popular'])
  })
})

const REFUSED = { errors: [{ extensions: { code: 'RATE_LIMITED' } }] }

/** Large queries, executed one at a time, each of which ends when the test says so. */
function newExecution({ maxCost = 1_000_000 } = {}) {
  const begun: string[] = []
  const gates = new Map<string, PromiseWithResolvers<void>>()
  const gateOf = (name: string) => {
    const gate = gates.get(name) ?? Promise.withResolvers<void>()
    gates.set(name, gate)
    return gate
  }
  class GatedQueries extends CompiledQueries {
    override async execute({ operationName, contextValue }: ExecutionArgs): Promise<ExecutionResult> {
      const { caller } = contextValue as { caller: string }
      begun.push(`${caller} ${operationName}`)
      await gateOf(operationName ?? '').promise
      return { data: { by: caller } }
    }
  }
  const queries = new QueryExecution({
    queries: new GatedQueries(schema),
    readers: null,
    turns: new ThreadTurns(),
    maxCost,
  })
  const answers = new SharedAnswers((args, place) => queries.execute(args, place))
  const documents = new Map<string, ExecutionArgs['document']>()
  const open = async (name: string, how: (gate: PromiseWithResolvers<void>) => void) => {
    const isLast = () => begun.at(-1)?.endsWith(` ${name}`)
    await expect.poll(isLast, { interval: 1 }).toBe(true)
    const gate = gateOf(name)
    gates.delete(name)
    how(gate)
  }
  return {
    begun,
    async ask(caller: string, text: string, deadline = new Deadline()): Promise<ExecutionResult> {
      const document = documents.get(text) ?? parse(text)
      documents.set(text, document)
      const contextValue = {
        services: { store: { version: '1' } },
        viewer: { role: 'VIEWER' },
        caller,
        cost: LARGE_COST,
        deadline,
      }
      const operationName = /query (\w+)/.exec(text)?.[1] ?? ''
      return await answers.execute({ schema, document, operationName, contextValue })
    },
    /** Ends the operation, once it is the one that runs. */
    next: (name: string) => open(name, ({ resolve }) => resolve()),
    fail: (name: string) => open(name, ({ reject }) => reject(new Error('given up'))),
  }
}
