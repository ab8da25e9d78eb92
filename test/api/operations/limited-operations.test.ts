import { describe, expect, it } from 'vitest'
import { SubscriptionCount } from '../../../src/api/operations/limited-operations.ts'

describe('the number of subscriptions', () => {
  async function* events(count: number, failure?: Error) {
    for (let index = 0; index < count; index += 1) yield index
    if (failure) throw failure
  }

  it('is limited, and subscriptions that have ended do not count', async () => {
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

  it('is limited for each caller, except for anonymous ones', async () => {
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
