import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { onTestFinished } from 'vitest'
import { NOTICE_TYPES, type Receiver } from '../../../src/config/notify-schema.ts'
import { type SeenRequest, TestServer } from '../../sources/support/test-server.ts'

export const SIGNING_SECRET = `whsec_${Buffer.from('canary-of-webhooks-0123456789').toString('base64')}`

interface Body {
  type: string
  id: string
  timestamp: string
  data: { message: string; [about: string]: unknown }
}

export interface TestReceiver {
  receiver: Receiver
  requests: readonly SeenRequest[]
  bodies(): Body[]
  /** Resolves once so many requests have come. */
  received(count: number): Promise<void>
  server: TestServer
}

/** A receiver of webhooks, which answers 204 unless `answer` does; it is closed with the test. */
export async function startReceiver(
  answer: (response: ServerResponse, seen: SeenRequest) => void = (response) => {
    response.writeHead(204).end()
  },
  wanted: Partial<Receiver> = {},
): Promise<TestReceiver> {
  const arrivals = new EventTarget()
  const server = await TestServer.start(
    (seen, response) => {
      answer(response, seen)
      arrivals.dispatchEvent(new Event('request'))
    },
    () => false,
  )
  onTestFinished(() => server.close())
  const { requests } = server
  return {
    receiver: {
      url: `${server.url}/hook/path-that-is-secret`,
      on: [...NOTICE_TYPES],
      coverageDrop: 0.05,
      secret: SIGNING_SECRET,
      ca: null,
      ...wanted,
    },
    requests,
    bodies: () => requests.map(({ body }) => JSON.parse(body) as Body),
    async received(count) {
      while (requests.length < count) await once(arrivals, 'request')
    },
    server,
  }
}
