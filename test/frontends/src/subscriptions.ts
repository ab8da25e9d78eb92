import { createClient as createSseClient } from 'graphql-sse'
import { createClient as createWebSocketClient } from 'graphql-ws'

interface Operation {
  /** The text; empty if the operation is named by the id of a persisted one. */
  query: string
  variables?: Record<string, unknown>
  extensions?: Record<string, unknown>
  documentId?: string
}

interface Sink {
  next(result: unknown): void
  error(failure: unknown): void
  complete(): void
}

/** Begins a subscription. Returns a function that ends it. */
export type Subscribe = (operation: Operation, sink: Sink) => () => void

/** Subscribes over Server-Sent Events, which any HTTP proxy passes on. */
export function overSse(url: string, token?: string): Subscribe {
  const client = createSseClient({ url, headers: token ? { authorization: `Bearer ${token}` } : {} })
  return (operation, sink) => client.subscribe(operation, sink)
}

/** Sends all subscriptions over one WebSocket. */
export function overWebSocket(url: string, token?: string): Subscribe {
  const client = createWebSocketClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: token ? { authorization: `Bearer ${token}` } : {},
    // By default, only a connection that was closed is opened again, and not one that failed.
    shouldRetry: () => true,
  })
  return (operation, sink) =>
    client.subscribe(operation, {
      next: (result) => sink.next(result),
      error(failure) {
        // A refused operation comes as a list of errors, which the caches expect in a result.
        if (!Array.isArray(failure)) return sink.error(failure)
        sink.next({ errors: failure })
        sink.complete()
      },
      complete: () => sink.complete(),
    })
}
