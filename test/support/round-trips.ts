import { connect, createServer, type Server, type Socket } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { type Clock, systemClock } from '../../src/base/clock.ts'

/** Turns of the event loop without a byte after which both ends of a connection are waiting. */
const QUIET_TURNS = 50

/** Waits until a client and a server of this process have nothing more to send. */
export async function quietTurns(hasNew: () => boolean): Promise<void> {
  for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
    await setImmediate()
    if (hasNew()) quiet = 0
  }
}

/**
 * A relay that stands for a long way. What both sides have sent is passed on together, half a round trip later, and
 * only once both are waiting. So it counts round trips whatever a busy machine takes for each, with the one that TCP
 * needs to connect. One connection at a time.
 */
export class LongWay implements AsyncDisposable {
  readonly #server: Server
  readonly #to: { host: string; port: number }
  readonly #quiet: typeof quietTurns
  readonly #sockets = new Set<Socket>()
  #halves = 0
  connections = 0

  private constructor(server: Server, to: { host: string; port: number }, quiet: typeof quietTurns) {
    this.#server = server
    this.#to = to
    this.#quiet = quiet
  }

  /** @param quiet resolves once both sides wait; `hasNew` returns whether one has sent something since its last call */
  static async to(target: { host: string; port: number }, quiet = quietTurns): Promise<LongWay> {
    const server = createServer({ noDelay: true })
    const way = new LongWay(server, target, quiet)
    server.on('connection', (socket) => void way.#relay(socket))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return way
  }

  get port(): number {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('The relay has no port.')
    return address.port
  }

  /** A clock whose milliseconds are round trips. Its timers are those of the system. */
  get clock(): Clock {
    return { ...systemClock, elapsed: () => this.#halves / 2 }
  }

  async #relay(client: Socket): Promise<void> {
    this.connections += 1
    // SYN and SYN-ACK. The ACK that the listener waits for arrives with the first bytes of the client.
    this.#halves += 2
    const fromClient = this.#gather(client)
    await this.#quiet(() => fromClient.hasNew())
    if (client.destroyed) return
    this.#halves += 1
    const server = connect({ ...this.#to, noDelay: true })
    const fromServer = this.#gather(server)
    fromClient.passTo(server)
    while (!client.destroyed || !server.destroyed) {
      await this.#quiet(() => [fromClient.hasNew(), fromServer.hasNew()].includes(true))
      if (!fromClient.isWaiting && !fromServer.isWaiting) continue
      this.#halves += 1
      fromClient.passTo(server)
      fromServer.passTo(client)
    }
  }

  #gather(socket: Socket): Gathered {
    this.#sockets.add(socket)
    return new Gathered(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** What one side has sent and the other has not been given yet. */
class Gathered {
  #bytes: Buffer[] = []
  #hasEnded = false
  #isPassed = false
  #isNew = false

  constructor(socket: Socket) {
    const note = () => {
      this.#isNew = true
    }
    socket.on('data', (bytes: Buffer) => {
      this.#bytes.push(bytes)
      note()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.#hasEnded = true
      note()
    })
    socket.on('end', () => {
      this.#hasEnded = true
      note()
    })
  }

  get isWaiting(): boolean {
    return this.#bytes.length > 0 || (this.#hasEnded && !this.#isPassed)
  }

  hasNew(): boolean {
    const isNew = this.#isNew
    this.#isNew = false
    return isNew
  }

  passTo(socket: Socket): void {
    if (this.#bytes.length > 0) socket.write(Buffer.concat(this.#bytes))
    this.#bytes = []
    if (!this.#hasEnded || this.#isPassed) return
    this.#isPassed = true
    socket.end()
  }
}
