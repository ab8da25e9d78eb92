import { join } from 'node:path'
import { createServer } from 'vite'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { post } from '../support/graphql-answer.ts'
import { followResults } from './src/follow-results.ts'
import { overSse, overWebSocket } from './src/subscriptions.ts'
import { DEVICES, startGateway } from './support/gateway.ts'

it('the dev server of Vite forwards the requests of its pages', async () => {
  const gateway = await startGateway({ auth: { mode: 'none' } })
  process.env.GATEWAY_URL = new URL(gateway.url).origin
  const server = await createServer({
    root: import.meta.dirname,
    configFile: join(import.meta.dirname, 'vite.config.ts'),
    logLevel: 'silent',
    server: { port: 0, host: '127.0.0.1' },
  })
  onTestFinished(() => server.close())
  await server.listen()
  const { origin } = new URL(server.resolvedUrls?.local[0] ?? '')
  const url = `${origin}/graphql`

  const asPage = { origin, 'sec-fetch-site': 'same-origin' }
  const answer = await post(url, '{ summary { devices } }', {}, asPage)
  expect(await answer.json()).toEqual({ data: { summary: { devices: DEVICES } } })
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { origin })
  onTestFinished(() => socket.terminate())
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject))
  for (const over of [overSse, overWebSocket]) {
    const told: string[] = []
    await followResults(over(url), await gateway.startRefresh(), ({ device }) => told.push(device.name))
    expect(told).toHaveLength(DEVICES)
  }

  const changed = await post(gateway.url, '{ summary { devices } }', {}, asPage)
  expect([changed.status, await changed.text()]).toEqual([
    403,
    'Pages of other sites may not use this API.\n',
  ])
})
