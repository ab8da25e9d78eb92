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

function newSignal() {
  const controller = new AbortController()
  return { controller, signal: controller.signal }
}
