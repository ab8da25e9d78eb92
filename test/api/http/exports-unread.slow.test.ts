import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { record } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { serverSockets } from '../../support/server-sockets.ts'

const LONG = { platform: 'x'.repeat(255), credential: 'y'.repeat(255), region: 'z'.repeat(255) }
/** So many that they are several times what a kernel keeps for a connection. */
const MANY = 20_000

/** An API over many devices, and an export of them whose reader has seen the beginning and then stopped. */
async function startedExport() {
  const sockets = serverSockets()
  const places = Array.from({ length: MANY }, (_, index) => `France/site${index % 50}/device-${index}`)
  const api = await startApi(places.map((place) => record(place, LONG)))
  const request = get(`${api.server.url}/export/devices.ndjson?all=true`)
  const [response]: IncomingMessage[] = await once(request, 'response')
  if (!response) throw new Error('There is no answer.')
  const [head]: Buffer[] = await once(response, 'data')
  response.pause()
  const reads = () => api.statements.filter((sql) => sql.includes('"countries"')).length
  await stalled(reads)
  return { ...api, sockets, request, response, head: head ?? Buffer.of(), reads }
}

/** Resolves once the number has not changed for many turns of the event loop. */
async function stalled(count: () => number): Promise<void> {
  for (let last = -1, turns = 0; turns < 200; turns = count() === last ? turns + 1 : 0) {
    last = count()
    await new Promise((resolve) => setImmediate(resolve))
  }
}

describe('a client that does not read an export', () => {
  it('occupies the memory of one batch, and gets the rest later', async () => {
    const { sockets, response, head, reads } = await startedExport()
    expect(reads()).toBeLessThan(MANY / 1_000 / 2)
    const pending = Math.max(...sockets.map(({ writableLength }) => writableLength))
    expect(pending).toBeGreaterThan(0)
    expect(pending).toBeLessThan(1_000 * 1_200)
    const chunks = [head]
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.resume()
    await once(response, 'end')
    const names = Buffer.concat(chunks)
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).name)
    expect(new Set(names).size).toBe(MANY)
  })

  it('and disconnects ends the export, which is not logged as a failure', async () => {
    const { sockets, request, reads, logged, server } = await startedExport()
    const before = reads()
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    request.destroy()
    await Promise.race(closed)
    await stalled(reads)
    expect(reads()).toBeLessThanOrEqual(before + 1)
    expect(logged).toEqual([])
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
  })

  it('is cut off if the database fails meanwhile, so that a part is not taken for the whole', async () => {
    const { response, store, logged } = await startedExport()
    await store.close()
    response.resume()
    const [failure] = await once(response, 'error')
    expect(failure).toMatchObject({ code: 'ECONNRESET' })
    expect(logged).toContainEqual(
      expect.objectContaining({ msg: expect.stringContaining('an export could not be read') }),
    )
  })
})
