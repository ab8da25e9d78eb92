import { type Agent, request } from 'node:http'

/** An answer, and the milliseconds from the request until it began and until it had ended. */
export interface TimedAnswer {
  firstByteMs: number
  lastByteMs: number
  text: string
}

/** Sends a query, on a connection that the agent keeps. */
export function timedPost(agent: Agent, url: string, query: string): Promise<TimedAnswer> {
  const body = JSON.stringify({ query })
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    'content-length': Buffer.byteLength(body),
  }
  return new Promise((resolve, reject) => {
    const begun = performance.now()
    const asking = request(url, { method: 'POST', agent, headers })
    asking.once('error', reject)
    asking.once('response', (response) => {
      const firstByteMs = performance.now() - begun
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () => {
        const lastByteMs = performance.now() - begun
        resolve({ firstByteMs, lastByteMs, text: Buffer.concat(chunks).toString() })
      })
    })
    asking.end(body)
  })
}
