import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { AddressShares } from '../../../src/api/limits/address-shares.ts'
import { startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'

describe('AddressShares', () => {
  it('closes the oldest of the address that has the most; a /64 of IPv6 counts as one', () => {
    const shares = new AddressShares()
    const closed: string[] = []
    const add = (address: string, name: string) => shares.add(address, () => closed.push(name))
    add('192.0.2.1', 'a1')
    const leave = add('2001:db8:0:1::1', 'b1')
    add('2001:db8:0:1:ffff::2', 'b2')
    add('192.0.2.1', 'a2')
    add('2001:db8:0:1::3', 'b3')
    add('192.0.2.2', 'c1')
    expect(shares.closeOldest()).toBe(true)
    expect(closed).toEqual(['b1'])
    leave()
    expect(shares.size).toBe(5)
    while (shares.closeOldest());
    expect(closed.slice(1, 3).sort()).toEqual(['a1', 'b2'])
    expect(closed).toHaveLength(6)
    expect(shares.size).toBe(0)
  })
})

describe('the connections of a server', () => {
  it('are closed, idle ones first, if there are too many; the others are still answered', async () => {
    const { url } = await startApi([], { maxConnections: 20 })
    const port = Number(new URL(url).port)
    const idle: Socket[] = []
    for (let count = 0; count < 50; count += 1) {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined)
      onTestFinished(() => void socket.destroy())
      await once(socket, 'connect')
      idle.push(socket)
    }
    expect(await dataOf(url, '{ summary { devices } }')).toEqual({ summary: { devices: 0 } })
    await Promise.all(idle.slice(0, 30).map((socket) => socket.closed || once(socket.resume(), 'close')))
    expect(idle.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(20)
  })

  it('are kept while they are in use; then a new one is closed', async () => {
    const { url } = await startApi([], { maxConnections: 2 })
    const follow = { query: 'subscription { refreshes { id } }' }
    const subscribers = await Promise.all(
      [1, 2].map(() =>
        fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
          body: JSON.stringify(follow),
        }),
      ),
    )
    await expect(dataOf(url, '{ summary { devices } }')).rejects.toThrow('fetch failed')
    await subscribers[0]?.body?.cancel()
    await expect.poll(() => dataOf(url, '{ summary { devices } }').catch(() => null)).not.toBeNull()
  })
})
