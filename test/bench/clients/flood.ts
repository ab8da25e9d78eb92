import { Agent, type IncomingMessage, request } from 'node:http'
import { WebSocket } from 'ws'
import type { FloodJob, FloodRequest, FloodResult } from '../support/flood-messages.ts'

// The process that floods a gateway. It answers each job with what came of it.

/** Characters of an answer that are looked at: errors of a request that was refused fit into them. */
const BEGINNING = 2_000

type Outcome = 'answer' | 'rate limited' | 'rate limited with a time' | { error: string }

process.on('message', async (job: FloodJob) => {
  process.send?.(await run(job))
})
process.once('disconnect', () => process.exit())

async function run(job: FloodJob): Promise<FloodResult> {
  const agent = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY })
  const result: FloodResult = {
    answers: 0,
    rateLimited: 0,
    withRetryAfter: 0,
    otherErrors: {},
    unanswered: job.requests.length + job.overWebSocket.length,
    wallMs: 0,
    bytes: 0,
  }
  const givenUp = AbortSignal.timeout(job.limitMs)
  const count = (outcome: Outcome) => {
    if (givenUp.aborted) return
    result.unanswered -= 1
    if (outcome === 'answer') result.answers += 1
    else if (typeof outcome === 'object') {
      result.otherErrors[outcome.error] = (result.otherErrors[outcome.error] ?? 0) + 1
    } else {
      result.rateLimited += 1
      if (outcome === 'rate limited with a time') result.withRetryAfter += 1
    }
  }
  const countBytes = (bytes: number) => {
    result.bytes += bytes
  }
  const begun = performance.now()
  await Promise.all([
    ...job.requests.map(async (each) => count(await send(each, job, { agent, givenUp, countBytes }))),
    overWebSocket(job, { givenUp, count, countBytes }),
  ])
  agent.destroy()
  return { ...result, wallMs: performance.now() - begun }
}

interface Sending {
  agent: Agent
  givenUp: AbortSignal
  countBytes: (bytes: number) => void
}

function send(
  { method, path, body, accept = 'application/json' }: FloodRequest,
  { origin, token }: FloodJob,
  { agent, givenUp, countBytes }: Sending,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', accept }
    const asking = request(`${origin}${path}`, { method, agent, headers, signal: givenUp })
    asking.once('response', (response: IncomingMessage) => {
      let beginning = ''
      response.on('data', (chunk: Buffer) => {
        countBytes(chunk.length)
        if (beginning.length < BEGINNING) beginning += chunk.toString('latin1', 0, BEGINNING)
      })
      response.once('end', () => resolve(outcomeOf(beginning, response)))
      response.once('error', () => resolve({ error: 'cut off' }))
    })
    asking.once('error', (failure) => resolve({ error: failure.message }))
    asking.end(body)
  })
}

function outcomeOf(
  beginning: string,
  { statusCode, headers }: Pick<IncomingMessage, 'statusCode' | 'headers'>,
): Outcome {
  if (statusCode === 429 || beginning.includes('"RATE_LIMITED"')) {
    const saysWhen = headers['retry-after'] !== undefined || beginning.includes('"retryAfterMs"')
    return saysWhen ? 'rate limited with a time' : 'rate limited'
  }
  const [, code] = /"errors":\[.*"code":"([A-Z_]+)"/.exec(beginning) ?? []
  if (code !== undefined) return { error: code }
  return statusCode === 200 ? 'answer' : { error: `status ${statusCode}` }
}

async function overWebSocket(
  { origin, token, overWebSocket: operations }: FloodJob,
  {
    givenUp,
    count,
    countBytes,
  }: { givenUp: AbortSignal; count: (outcome: Outcome) => void; countBytes: (bytes: number) => void },
): Promise<void> {
  if (operations.length === 0) return
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/graphql`, 'graphql-transport-ws')
  const waiting = new Set(Array.from(operations.keys(), String))
  await new Promise<void>((resolve) => {
    givenUp.addEventListener('abort', () => resolve())
    socket.once('error', () => resolve())
    socket.once('close', () => resolve())
    socket.once('open', () => {
      socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } }))
    })
    socket.on('message', (data: Buffer) => {
      countBytes(data.length)
      const beginning = data.toString('latin1', 0, BEGINNING)
      if (beginning.includes('"connection_ack"')) {
        for (const [id, payload] of operations.entries()) {
          socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload }))
        }
        return
      }
      const [, id, type] = /^\{"id":"(\d+)","type":"(\w+)"/.exec(beginning) ?? []
      if (id === undefined || type === 'complete' || !waiting.delete(id)) return
      count(webSocketOutcome(beginning))
      if (waiting.size === 0) resolve()
    })
  })
  socket.terminate()
}

function webSocketOutcome(beginning: string): Outcome {
  if (!beginning.includes('"data":{')) {
    const status = beginning.includes('"code":"RATE_LIMITED"') ? 429 : 200
    return outcomeOf(beginning.replace('"payload":[', '"errors":['), { statusCode: status, headers: {} })
  }
  return 'answer'
}
