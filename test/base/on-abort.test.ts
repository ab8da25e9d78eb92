import { getEventListeners } from 'node:events'
import { expect, it, vi } from 'vitest'
import { onAbort } from '../../src/base/on-abort.ts'

it('calls those who still listen when the signal aborts', () => {
  const { signal, controller } = newSignal()
  const [stays, leaves, leavesLast] = [vi.fn(), vi.fn(), vi.fn()]
  onAbort(signal, stays)
  const stop = onAbort(signal, leaves)
  const stopLast = onAbort(signal, leavesLast)
  stop()
  stays.mockImplementation(stopLast)
  controller.abort()
  expect(stays).toHaveBeenCalledOnce()
  expect(leaves).not.toHaveBeenCalled()
  expect(leavesLast).not.toHaveBeenCalled()
})

it('adds one listener to a signal, however many wait for it', () => {
  const { signal } = newSignal()
  const added = vi.spyOn(signal, 'addEventListener')
  for (let index = 0; index < 100; index += 1) onAbort(signal, () => undefined)
  expect(added).toHaveBeenCalledOnce()
})

it('leaves nothing at a signal for which nobody waits any more, and listens again for the next', () => {
  const { signal, controller } = newSignal()
  const stops = [onAbort(signal, () => undefined), onAbort(signal, () => undefined)]
  for (const stop of stops) stop()
  expect(getEventListeners(signal, 'abort')).toEqual([])
  const next = vi.fn()
  onAbort(signal, next)
  for (const stop of stops) stop()
  controller.abort()
  expect(next).toHaveBeenCalledOnce()
})

function newSignal() {
  const controller = new AbortController()
  return { controller, signal: controller.signal }
}
