import { describe, expect, it } from 'vitest'
import { withCleanUp } from '../../src/base/with-clean-up.ts'

function newIteration({ fails = false } = {}) {
  const log: string[] = []
  async function* numbers() {
    try {
      yield 1
      if (fails) throw new Error('broken')
      yield 2
    } finally {
      log.push('source ended')
    }
  }
  const source = numbers()
  const iteration = withCleanUp(source, { next: () => source.next(), cleanUp: () => log.push('cleaned up') })
  return { iteration, log }
}

describe('an iterator with a clean-up', () => {
  it('cleans up once when the source is done, and stays done', async () => {
    const { iteration, log } = newIteration()
    const seen: number[] = []
    for await (const number of iteration) seen.push(number)
    expect(seen).toEqual([1, 2])
    expect(await iteration.next()).toEqual({ done: true, value: undefined })
    await iteration.return()
    expect(log).toEqual(['source ended', 'cleaned up'])
  })

  it('cleans up, then ends the source, when the consumer returns or throws', async () => {
    const returned = newIteration()
    await returned.iteration.next()
    expect(await returned.iteration.return()).toEqual({ done: true, value: undefined })
    expect(returned.log).toEqual(['cleaned up', 'source ended'])
    const thrown = newIteration()
    await thrown.iteration.next()
    await expect(thrown.iteration.throw(new Error('enough'))).rejects.toThrow('enough')
    expect(thrown.log).toEqual(['cleaned up', 'source ended'])
    expect(await thrown.iteration.next()).toEqual({ done: true, value: undefined })
  })

  it('cleans up once and rejects when the source fails', async () => {
    const { iteration, log } = newIteration({ fails: true })
    await iteration.next()
    await expect(iteration.next()).rejects.toThrow('broken')
    await iteration.return()
    expect(log).toEqual(['source ended', 'cleaned up'])
  })

  it('ends the source if producing the next result fails', async () => {
    const log: string[] = []
    async function* numbers() {
      try {
        yield 1
      } finally {
        log.push('source ended')
      }
    }
    const source = numbers()
    const iteration = withCleanUp(source, {
      next: async () => {
        await source.next()
        throw new Error('cannot be sent')
      },
    })
    await expect(iteration.next()).rejects.toThrow('cannot be sent')
    expect(log).toEqual(['source ended'])
  })

  it('cleans up while a next is pending', async () => {
    const wake = Promise.withResolvers<void>()
    async function* waiting() {
      await wake.promise
      yield* []
    }
    const source = waiting()
    const iteration = withCleanUp<never>(source, { next: () => source.next(), cleanUp: () => wake.resolve() })
    const pending = iteration.next()
    await iteration.return()
    expect(await pending).toEqual({ done: true, value: undefined })
  })
})
