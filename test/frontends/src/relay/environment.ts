import { Environment, Network, Observable, RecordSource, type RequestParameters, Store } from 'relay-runtime'
import type { Subscribe } from '../subscriptions.ts'

interface Options {
  /** `http://127.0.0.1:4000/graphql`, or `/graphql` with the proxy of Vite. */
  url: string
  token?: string
  /** `overSse(url, token)` or `overWebSocket(url, token)`. */
  subscribe: Subscribe
}

export function createEnvironment({ url, token, subscribe }: Options): Environment {
  const headers = {
    'content-type': 'application/json',
    ...(token && { authorization: `Bearer ${token}` }),
  }
  return new Environment({
    network: Network.create(
      async (request, variables) => {
        const body = JSON.stringify({ ...operationOf(request), variables })
        const response = await fetch(url, { method: 'POST', headers, body })
        return await response.json()
      },
      (request, variables) =>
        Observable.create((sink) => subscribe({ ...operationOf(request), variables }, sink)),
    ),
    store: new Store(new RecordSource()),
  })
}

/** With `persistConfig` a request has an id instead of a text. */
function operationOf({ id, text }: RequestParameters) {
  return id ? { query: '', documentId: id } : { query: text ?? '' }
}
