import { describe, expect, it } from 'vitest'
import { Deadline } from '../../../src/api/limits/deadline.ts'

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
