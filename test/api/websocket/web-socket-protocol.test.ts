import { expect, it } from 'vitest'
import { SharedResult } from '../../../src/api/execution/shared-result.ts'
import { sendShared } from '../../../src/api/websocket/web-socket-protocol.ts'

/** Two shared results; `ended` once nobody takes them any more. */
function newResults() {
  const state = { ended: false }
  async function* results() {
    try {
      yield new SharedResult({ data: { at: 1 } })
      yield new SharedResult({ data: { at: 2 } })
    } finally {
      state.ended = true
    }
  }
  return { state, results: results() }
}

it('sends each shared result as a message of the protocol', async () => {
  const { results, state } = newResults()
  const sent: string[] = []
  const rest = sendShared('a"b', results, async (...parts) => void sent.push(parts.join('')))
  expect(await rest.next()).toEqual({ done: true, value: undefined })
  expect(sent.map((text) => JSON.parse(text))).toEqual(
    [1, 2].map((at) => ({ id: 'a"b', type: 'next', payload: { data: { at } } })),
  )
  expect(state.ended).toBe(true)
})

it('ends the source of results if one cannot be sent', async () => {
  const { results, state } = newResults()
  const broken = new Error('write EPIPE')
  await expect(sendShared('1', results, () => Promise.reject(broken)).next()).rejects.toBe(broken)
  expect(state.ended).toBe(true)
})
