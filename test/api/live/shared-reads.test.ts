import { describe, expect, it } from 'vitest'
import { SharedReads } from '../../../src/api/live/shared-reads.ts'
import { HandClock } from '../../support/hand-clock.ts'

describe('shared reads', () => {
  it('give callers that ask the same within 50 ms one answer, until they are cleared', async () => {
    const clock = new HandClock()
    const reads = new SharedReads<object>({ clock })
    const ask = (question: string) => reads.get(question, async () => ({}))
    const first = await ask('one')
    expect(await ask('one')).toBe(first)
    expect(await ask('other')).not.toBe(first)
    clock.advance(49)
    expect(await ask('one')).toBe(first)
    clock.advance(1)
    const second = await ask('one')
    expect(second).not.toBe(first)
    reads.clear()
    expect(await ask('one')).not.toBe(second)
  })

  it('keep few answers, and none after a while', async () => {
    const clock = new HandClock()
    const reads = new SharedReads<string>({ clock })
    let count = 0
    const ask = (question: number) =>
      reads.get(String(question), async () => {
        count += 1
        return 'answer'
      })
    for (let question = 0; question < 20; question += 1) await ask(question)
    await ask(19)
    expect(count).toBe(20)
    await ask(0)
    expect(count).toBe(21)
    clock.advance(50)
    expect(clock.timers).toBe(0)
  })
})
