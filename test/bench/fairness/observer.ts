import { Agent, get, type IncomingMessage, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { percentile } from '../support/statistics.ts'

/** Milliseconds between an answer and the next request. */
const HEALTH_PAUSE_MS = 5
const PAGE_PAUSE_MS = 20

const PAGE = `query ($after: String, $first: Int) {
  devices(first: $first, after: $after) { nodes { id name address netconfSupported lastProbedAt } pageInfo { endCursor } }
}`

export interface ObservedServers {
  /** Of the gateway. */
  origin: string
  /** Of the one who asks for pages. */
  token: string
  /** The origin of a server that does nothing else, to tell the gateway from the machine. */
  idleServer: string
}

/** How a gateway answered somebody else meanwhile. */
export interface Observed {
  healthChecks: number
  /** The longest that `/healthz` took. */
  longestSilenceMs: number
  /** The longest that a server took meanwhile that does nothing else. */
  idleSilenceMs: number
  pages: number
  pageP50Ms: number
  pageP99Ms: number
  pageMaxMs: number
  /** Pages that were answered with an error. */
  failedPages: number
}

/**
 * Asks for `/healthz` and for pages of 50 devices, one after the other each, until `work` has ended; no page is asked for
 * twice in a row, so that no answer that was kept is of use.
 */
export async function observe(
  { origin, token, idleServer }: ObservedServers,
  work: () => Promise<unknown>,
): Promise<Observed> {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 })
  const health: number[] = []
  const idle: number[] = []
  const pages: number[] = []
  let failedPages = 0
  let isOver = false
  const askHealth = async (server: string, latencies: number[]) => {
    while (!isOver) {
      latencies.push(await timed(() => bodyOf(get(`${server}/healthz`, { agent }))))
      await sleep(HEALTH_PAUSE_MS)
    }
  }
  const askPages = async () => {
    for (let count = 0; !isOver; count += 1) {
      const variables = { first: 50 + (count % 2), after: null }
      const ask = async () => {
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
        const asking = request(`${origin}/graphql`, { method: 'POST', agent, headers })
        asking.end(JSON.stringify({ query: PAGE, variables: { ...variables, after: cursor } }))
        const answer = JSON.parse(await bodyOf(asking)) as PageAnswer
        if (answer.data) cursor = answer.data.devices.pageInfo.endCursor
        else failedPages += 1
      }
      pages.push(await timed(ask))
      await sleep(PAGE_PAUSE_MS)
    }
  }
  let cursor: string | null = null
  const asking = Promise.all([askHealth(origin, health), askHealth(idleServer, idle), askPages()])
  try {
    await work()
  } finally {
    isOver = true
    await asking
    agent.destroy()
  }
  return {
    healthChecks: health.length,
    longestSilenceMs: percentile(health, 1),
    idleSilenceMs: percentile(idle, 1),
    pages: pages.length,
    pageP50Ms: percentile(pages, 0.5),
    pageP99Ms: percentile(pages, 0.99),
    pageMaxMs: percentile(pages, 1),
    failedPages,
  }
}

interface PageAnswer {
  data?: { devices: { pageInfo: { endCursor: string | null } } }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await work()
  return performance.now() - begun
}

function bodyOf(asking: ReturnType<typeof request>): Promise<string> {
  return new Promise((resolve, reject) => {
    asking.once('error', reject)
    asking.once('response', (response: IncomingMessage) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text
      })
      response.once('end', () => resolve(body))
      response.once('error', reject)
    })
  })
}
