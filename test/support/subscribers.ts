import { createClient as createSseClient } from 'graphql-sse'
import { createClient as createWebSocketClient } from 'graphql-ws'
import { onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import type { RefreshEvents } from '../../src/refresh/events.ts'
import type { Answer } from './graphql-answer.ts'

/** The events of one subscription; leaving the loop over them ends it. */
export type Events<T> = AsyncIterableIterator<Answer<T>>

/** A client that speaks one of the API's protocols. It does not try again by itself. */
export interface Subscriber {
  subscribe<T>(query: string, variables?: Record<string, unknown>): Events<T>
}

export function overSse(url: string): Subscriber {
  const client = createSseClient({ url, retryAttempts: 0 })
  onTestFinished(() => client.dispose())
  return { subscribe: (query, variables = {}) => client.iterate({ query, variables }) as Events<never> }
}

function overWebSocket(url: string): Subscriber {
  const client = createWebSocketClient({
    url: url.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    retryAttempts: 0,
  })
  onTestFinished(() => void client.dispose())
  return { subscribe: (query, variables = {}) => client.iterate({ query, variables }) as Events<never> }
}

/** What a subscription must do alike over each of them. */
export const TRANSPORTS = [
  { name: 'SSE', connect: overSse },
  { name: 'WebSocket', connect: overWebSocket },
] as const

/** The data of the next event; fails where there is none or an error in its place. */
export async function nextOf<T>(events: Events<T>): Promise<T> {
  const { value, done } = await events.next()
  if (done || !value.data) throw new Error(`There is no event but ${JSON.stringify(value)}.`)
  return value.data
}

/** The data of every event until the server completes the subscription. */
export async function allOf<T>(events: Events<T>): Promise<T[]> {
  const all: T[] = []
  for await (const { data, errors } of events) {
    if (errors || !data) throw new Error(`An event has errors: ${JSON.stringify(errors)}`)
    all.push(data)
  }
  return all
}

/** What a subscription ends with in place of an event, whichever way its protocol tells it. */
export async function errorOf(
  events: Events<unknown>,
): Promise<NonNullable<Answer['errors']>[number] | undefined> {
  try {
    for await (const { errors } of events) if (errors) return errors[0]
  } catch (thrown) {
    if (Array.isArray(thrown)) return thrown[0]
    throw thrown
  }
  throw new Error('The subscription has completed without an error.')
}

/** Keeps account of who listens, through the one method by which it can be done. */
export function countListeners(events: RefreshEvents): { reach(count: number): Promise<void> } {
  const listen = events.listen.bind(events)
  let listening = 0
  let waiting: { count: number; resolve: () => void }[] = []
  const change = (by: number): void => {
    listening += by
    for (const each of waiting) if (each.count === listening) each.resolve()
    waiting = waiting.filter((each) => each.count !== listening)
  }
  events.listen = (listener) => {
    const stopListening = listen(listener)
    change(1)
    return () => {
      stopListening()
      change(-1)
    }
  }
  return {
    reach: (count) =>
      new Promise((resolve) => {
        if (listening === count) resolve()
        else waiting.push({ count, resolve })
      }),
  }
}
