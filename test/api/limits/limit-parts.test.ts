import { describe, expect, it } from 'vitest'
import { SubscriptionCount } from '../../../src/api/fairness/subscription-count.ts'
import { Deadline } from '../../../src/api/limits/deadline.ts'
import { createDocumentCaches } from '../../../src/api/limits/document-cache.ts'
import { checkVariables } from '../../../src/api/limits/variables.ts'

const nested = (count: number, open: string, close: string) =>
  JSON.parse(`${open.repeat(count)}1${close.repeat(count)}`)

describe('the variables of an operation', () => {
  it.each([
    ['no variables', undefined],
    ['lists 251 deep', nested(251, '[', ']')],
    ['objects 251 deep', nested(251, '{"a":', '}')],
    ['a list of 10,000', { ids: Array(10_000).fill('x') }],
    ['an object of 100 fields', Object.fromEntries(Array.from({ length: 100 }, (_, index) => [index, 1]))],
    ['a long text', { name: 'x'.repeat(1_000_000) }],
  ])('may be %s', (_what, variables) => {
    expect(() => checkVariables(variables)).not.toThrow()
  })

  it.each([
    ['lists 252 deep', nested(252, '[', ']'), 'more than 250 deep'],
    ['objects 100,000 deep', nested(100_000, '{"a":', '}'), 'more than 250 deep'],
    [
      'a list of 10,001',
      { ids: Array(10_001).fill('x') },
      'A list of the variables has 10001 items, and at most 10000 are allowed',
    ],
    [
      'an object of 101 fields',
      { a: Object.fromEntries(Array.from({ length: 101 }, (_, index) => [index, 1])) },
      'An object of the variables has more than 100 fields',
    ],
  ])('may not be %s', (_what, variables, message) => {
    expect(() => checkVariables(variables)).toThrow(message)
  })
})

describe('a deadline', () => {
  it('is none before it is started and after it is stopped', () => {
    const deadline = new Deadline()
    expect(() => deadline.check()).not.toThrow()
    deadline.start(60_000, undefined)
    expect(() => deadline.check()).not.toThrow()
    deadline.stop()
    expect(() => deadline.check()).not.toThrow()
    expect(deadline.signal.aborted).toBe(false)
  })

  it('is over, also before a timer could tell, and says so to whoever listens', () => {
    const deadline = new Deadline()
    deadline.start(0, undefined)
    expect(() => deadline.check()).toThrow('The query has taken longer than 0 s and was given up')
    expect(deadline.signal.aborted).toBe(true)
    deadline.stop()
  })

  it('is over once nobody waits any more', () => {
    const client = new AbortController()
    const deadline = new Deadline()
    deadline.start(60_000, client.signal)
    expect(deadline.signal.aborted).toBe(false)
    client.abort()
    expect(() => deadline.check()).toThrow('given up')
    deadline.stop()
  })

  it('is over at once where nobody waits to begin with', () => {
    const deadline = new Deadline()
    deadline.start(60_000, AbortSignal.abort())
    expect(deadline.signal.aborted).toBe(true)
    deadline.stop()
  })
})

describe('the number of subscriptions', () => {
  async function* events(count: number, failure?: Error) {
    for (let index = 0; index < count; index += 1) yield index
    if (failure) throw failure
  }

  it('has an end, and those that have ended do not count', async () => {
    const subscriptions = new SubscriptionCount({ max: 3 })
    const completed = subscriptions.count(events(1), 'ann')
    const failed = subscriptions.count(events(0, new Error('broken')), 'bob')
    expect(() => subscriptions.check('ann')).not.toThrow()
    const left = subscriptions.count(events(5), 'ann')
    expect(() => subscriptions.check('cyd')).toThrow('There are 3 subscriptions, and no more are allowed')
    expect(await completed.next()).toEqual({ done: false, value: 0 })
    expect(subscriptions.open).toBe(3)
    expect(await completed.next()).toEqual({ done: true, value: undefined })
    expect(subscriptions.open).toBe(2)
    await expect(failed.next()).rejects.toThrow('broken')
    expect(subscriptions.open).toBe(1)
    await left.next()
    await left.return()
    expect(await left.next()).toEqual({ done: true, value: undefined })
    expect(subscriptions.open).toBe(0)
  })

  it('has an end for each caller, but not for all who have no name', async () => {
    const subscriptions = new SubscriptionCount({ maxOfCaller: 2 })
    for (const caller of ['ann', 'anonymous', 'anonymous', 'anonymous'])
      subscriptions.count(events(1), caller)
    expect(() => subscriptions.check('ann')).not.toThrow()
    const left = subscriptions.count(events(1), 'ann')
    expect(() => subscriptions.check('ann')).toThrow('You have 2 subscriptions, and no more are allowed')
    expect(() => subscriptions.check('bob')).not.toThrow()
    expect(() => subscriptions.check('anonymous')).not.toThrow()
    await left.return()
    expect(() => subscriptions.check('ann')).not.toThrow()
  })
})

describe('the documents that are kept', () => {
  it('are as many as fit, and no texts that do not parse', () => {
    const { documentCache, errorCache } = createDocumentCaches()
    for (let index = 0; index < 100; index += 1)
      documentCache.set(`${index} ${'x'.repeat(50_000)}`, {} as never)
    expect(documentCache.size).toBe(9)
    errorCache.set()
    expect(errorCache.get()).toBeUndefined()
  })
})
