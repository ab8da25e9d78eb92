import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** A TCP proxy whose network can be cut: then nothing is forwarded, and nothing tells either side. */
export interface TcpProxy {
  port: number
  cut(): void
  restore(): void
}

/** Starts a proxy to a port of 127.0.0.1; it ends with the test. */
export async function startTcpProxy(to: number): Promise<TcpProxy> {
  const pairs = new Set<{ near: Socket; far: Socket | null }>()
  let isCut = false
  const join = (pair: { near: Socket; far: Socket | null }) => {
    const far = connect(to, '127.0.0.1')
    pair.far = far
    pair.near.pipe(far)
    far.pipe(pair.near)
    far.on('error', () => pair.near.destroy())
    pair.near.on('error', () => far.destroy())
    pair.near.on('close', () => far.destroy())
    far.on('close', () => pair.near.destroy())
  }
  const server = createServer((near) => {
    const pair: { near: Socket; far: Socket | null } = { near, far: null }
    pairs.add(pair)
    near.on('error', () => undefined)
    near.on('close', () => pairs.delete(pair))
    if (isCut) near.pause()
    else join(pair)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const { near, far } of pairs) {
      near.destroy()
      far?.destroy()
    }
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The proxy has no port.')
  return {
    port: address.port,
    cut() {
      isCut = true
      for (const { near, far } of pairs) {
        if (far === null) continue
        near.unpipe(far)
        far.unpipe(near)
        near.pause()
        far.pause()
      }
    },
    restore() {
      isCut = false
      for (const pair of pairs) {
        const { near, far } = pair
        if (far === null) join(pair)
        else {
          near.pipe(far)
          far.pipe(near)
        }
      }
    },
  }
}
