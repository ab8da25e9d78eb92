import { once } from 'node:events'
import { request } from 'node:http'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { type RefreshByHand, settle, startRefreshByHand } from '../../support/refresh-by-hand.ts'
import { serverSockets } from '../../support/server-sockets.ts'

/** A subscriber whose connection can be left unread. */
interface Reader {
  pause(): void
  resume(): void
  /** The data of all events, once the subscription is complete. */
  events: Promise<ResultsEvent[]>
}

interface ResultsEvent {
  probeResults: { probes: { device: { name: string } }[] }
}

const QUERY = `subscription Results($id: ID!) {
  probeResults(refreshId: $id, everyMs: 50) { probes { message device { name } } }
}`
const MESSAGE = 'x'.repeat(20_000)
const RESULTS_A_ROUND = 50
/** So many that half of them are more than a kernel keeps for a connection. */
const ROUNDS = 40
/** Of one event of the largest kind, and a little more. */
const MAX_EVENT_BYTES = 500 * (MESSAGE.length + 100)

async function readBySse({ url, id }: RefreshByHand): Promise<Reader> {
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream' }
  const asked = request(url, { method: 'POST', headers })
  asked.end(JSON.stringify({ query: QUERY, variables: { id } }))
  const [response] = await once(asked, 'response')
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  const events = once(response, 'end').then(() => {
    const lines = Buffer.concat(chunks).toString().split('\n')
    return lines.filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)).data)
  })
  return { pause: () => response.pause(), resume: () => response.resume(), events }
}

async function readByWebSocket({ url, id }: RefreshByHand): Promise<Reader> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws')
  onTestFinished(() => socket.terminate())
  await once(socket, 'open')
  socket.send('{"type":"connection_init"}')
  await once(socket, 'message')
  const collected: ResultsEvent[] = []
  const events = new Promise<ResultsEvent[]>((resolve) => {
    socket.on('message', (text) => {
      const { type, payload } = JSON.parse(String(text))
      if (type === 'next') collected.push(payload.data)
      else if (type === 'complete') resolve(collected)
    })
  })
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: QUERY, variables: { id } } }))
  return { pause: () => socket.pause(), resume: () => socket.resume(), events }
}

/** Commits results and lets their time come; returns whether they were read for the subscriber. */
async function round(hand: RefreshByHand): Promise<boolean> {
  await hand.commit(RESULTS_A_ROUND, MESSAGE)
  hand.statements.length = 0
  hand.clock.advance(50)
  await settle()
  return hand.statements.some((sql) => sql.includes('from "probes"'))
}

describe.each([
  { name: 'SSE', read: readBySse },
  { name: 'WebSocket', read: readByWebSocket },
])('a client over $name that does not read', ({ read }) => {
  it('holds one event beyond the buffers of the kernel, and later gets all results once, in larger events', async () => {
    const sockets = serverSockets()
    const hand = await startRefreshByHand(ROUNDS * RESULTS_A_ROUND)
    const reader = await read(hand)
    await settle()
    expect(await round(hand)).toBe(true)
    reader.pause()
    let reads = 0
    for (let rounds = 1; rounds < ROUNDS; rounds += 1) if (await round(hand)) reads += 1
    expect(reads).toBeLessThan(ROUNDS / 2)
    const pending = Math.max(...sockets.map(({ writableLength }) => writableLength))
    expect(pending).toBeGreaterThan(0)
    expect(pending).toBeLessThan(MAX_EVENT_BYTES)
    await hand.end()
    reader.resume()
    const batches = (await reader.events).map(({ probeResults }) => probeResults.probes)
    expect(batches.flat().map(({ device }) => device.name)).toEqual(hand.names)
    expect(Math.max(...batches.map(({ length }) => length))).toBe(500)
  })
})

describe('a WebSocket client that does not read its answers', () => {
  it('is not read from until it reads', async () => {
    const sockets = serverSockets()
    const hand = await startRefreshByHand(0)
    const socket = new WebSocket(hand.url.replace('http', 'ws'), 'graphql-transport-ws')
    onTestFinished(() => socket.terminate())
    await once(socket, 'open')
    socket.send('{"type":"connection_init"}')
    await once(socket, 'message')
    socket.pause()
    const ping = JSON.stringify({ type: 'ping', payload: { text: 'x'.repeat(100_000) } })
    const pings = 400
    for (let sent = 0; sent < pings; sent += 1) socket.send(ping)
    await settle()
    expect(socket.bufferedAmount).toBeGreaterThan(0)
    const pending = Math.max(...sockets.map(({ writableLength }) => writableLength))
    expect(pending).toBeGreaterThan(0)
    expect(pending).toBeLessThan(1024 * 1024 + 2 * ping.length)
    let pongs = 0
    const answered = new Promise<void>((resolve) => {
      socket.on('message', () => {
        pongs += 1
        if (pongs === pings) resolve()
      })
    })
    socket.resume()
    await answered
  })
})
