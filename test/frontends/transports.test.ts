import { describe, expect, it } from 'vitest'
import { followResults } from './src/follow-results.ts'
import { overSse, overWebSocket } from './src/subscriptions.ts'
import { startCutOff } from './support/cut-off.ts'
import { DEVICES, startGateway } from './support/gateway.ts'

describe.each([
  ['graphql-sse', overSse],
  ['graphql-ws', overWebSocket],
])('%s', (_name, over) => {
  it('receives each result once, although its connection is cut', async () => {
    const { url, token, startRefresh, cancel } = await startGateway({ stalling: 1 })
    const way = await startCutOff(url)
    const told: string[] = []
    const id = await startRefresh()
    await followResults(over(way.url, token), id, ({ device }) => {
      if (told.length === 0) way.cut()
      told.push(device.name)
      if (told.length === DEVICES - 1) void cancel(id)
    })
    expect(way.connections()).toBeGreaterThan(1)
    expect(told).toHaveLength(DEVICES)
    expect(new Set(told).size).toBe(DEVICES)
  })

  it('receives the error of an invalid operation', async () => {
    const { url, token } = await startGateway()
    const followed = followResults(over(url, token), 'no id', () => undefined)
    await expect(followed).rejects.toThrow('no id')
  })
})
