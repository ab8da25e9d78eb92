import { once } from 'node:events'
import { get } from 'node:http'
import { describe, expect, it } from 'vitest'
import { newRefresh } from '../../store/support/fixture.ts'
import { type RunningApi, startApi } from '../../support/api-server.ts'
import { post } from '../../support/graphql-answer.ts'
import { countListeners } from '../../support/subscribers.ts'

const ACCEPT = { accept: 'text/event-stream' }

/** Of the first refresh there is. */
const PROGRESS = `subscription { refreshProgress(refreshId: "${Buffer.from('Refresh:1').toString('base64url')}") { state } }`

function progressEvent(state: string): string {
  return `event: next\ndata: {"data":{"refreshProgress":{"state":"${state}"}}}\n\n`
}

/** An API with a refresh that nobody works on, so that there is nothing to come. */
async function apiAtRest(): Promise<RunningApi> {
  const api = await startApi([])
  await newRefresh(api.store)
  return api
}

/** The bytes as text, but for the comments that keep the connection alive. */
async function streamed(response: Response): Promise<string> {
  return (await response.text()).replaceAll(/^:\n\n/gm, '')
}

describe('a subscription over SSE', () => {
  it('uses the distinct connections mode of graphql-sse, by POST and by GET', async () => {
    const { url, store } = await apiAtRest()
    await store.refreshes.update(1, { state: 'COMPLETED', finishedAt: 6_000 })
    const byPost = await post(url, PROGRESS, {}, ACCEPT)
    expect(byPost.status).toBe(200)
    expect(byPost.headers.get('content-type')).toBe('text/event-stream')
    expect(byPost.headers.get('cache-control')).toBe('no-cache')
    const expected = `${progressEvent('COMPLETED')}event: complete\ndata:\n\n`
    expect(await streamed(byPost)).toBe(expected)
    const byGet = await fetch(`${url}?${new URLSearchParams({ query: PROGRESS })}`, { headers: ACCEPT })
    expect(await streamed(byGet)).toBe(expected)
  })

  it('sends each event when it happens', async () => {
    const api = await apiAtRest()
    const request = get(`${api.url}?${new URLSearchParams({ query: PROGRESS })}`, {
      headers: { ...ACCEPT, 'accept-encoding': 'gzip' },
    })
    const [response] = await once(request, 'response')
    expect(response.headers['content-encoding']).toBe('none')
    response.setEncoding('utf8')
    let text = ''
    for await (const chunk of response) {
      text += chunk
      if (text.includes(progressEvent('QUEUED'))) break
    }
    expect(text.startsWith(':\n\n')).toBe(true)
  })

  it('ends with a reason when the server closes', async () => {
    const { server, url, refreshes } = await apiAtRest()
    const listeners = countListeners(refreshes.events)
    const responses = await Promise.all([
      post(url, PROGRESS, {}, ACCEPT),
      post(url, 'subscription { refreshes { state } }', {}, ACCEPT),
    ])
    await listeners.reach(2)
    const texts = responses.map(streamed)
    await server.close()
    await listeners.reach(0)
    const reason = {
      errors: [
        {
          message: 'Rollcall is stopping; subscribe again once it runs.',
          locations: [{ line: 1, column: 1 }],
          extensions: { code: 'CONFLICT' },
        },
      ],
    }
    const end = `event: next\ndata: ${JSON.stringify(reason)}\n\nevent: complete\ndata:\n\n`
    expect(await Promise.all(texts)).toEqual([`${progressEvent('QUEUED')}${end}`, end])
  })

  it('continues while the server only accepts no more connections', async () => {
    const { server, url, refreshes, store } = await apiAtRest()
    const response = await post(url, PROGRESS, {}, ACCEPT)
    server.stopListening()
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    const refresh = await store.refreshes.update(1, { state: 'CANCELLED', finishedAt: 6_000 })
    refreshes.events.announce({ kind: 'state', refresh, isLast: true })
    expect(await streamed(response)).toBe(
      `${progressEvent('QUEUED')}${progressEvent('CANCELLED')}event: complete\ndata:\n\n`,
    )
  })
})
