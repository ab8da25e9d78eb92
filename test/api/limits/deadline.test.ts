import { describe, expect, it } from 'vitest'
import { Deadline } from '../../../src/api/limits/deadline.ts'

describe('a deadline', () => {
  it('has no limit before it is started and after it is stopped', () => {
    const deadline = new Deadline()
    expect(() => deadline.check()).not.toThrow()
    deadline.start(60_000, undefined)
    expect(() => deadline.check()).not.toThrow()
    deadline.stop()
    expect(() => deadline.check()).not.toThrow()
    expect(deadline.signal.aborted).toBe(false)
  })

  it('ends even if its timer is late, and aborts its signal', () => {
    const deadline = new Deadline()
    deadline.start(0, undefined)
    expect(() => deadline.check()).toThrow('The query took longer than 0 s and was aborted')
    expect(deadline.signal.aborted).toBe(true)
    deadline.stop()
  })

  it('ends when the client has gone', () => {
    const client = new AbortController()
    const deadline = new Deadline()
    deadline.start(60_000, client.signal)
    expect(deadline.signal.aborted).toBe(false)
    client.abort()
    expect(() => deadline.check()).toThrow('aborted')
    deadline.stop()
  })

  it('ends at once if the client has gone before', () => {
    const deadline = new Deadline()
    deadline.start(60_000, AbortSignal.abort())
    expect(deadline.signal.aborted).toBe(true)
    deadline.stop()
  })
})
