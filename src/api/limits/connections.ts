import type { Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { AddressShares } from './address-shares.ts'

/** A connection and the number of its requests that are not answered yet. */
interface Connection {
  address: string
  underWay: number
  /** Removes it from the idle connections; null while it is in use. */
  leaveIdle: (() => void) | null
}

/**
 * The connections of a server. If there are too many, an idle one is closed in favour of a new one. Idle is a
 * connection without a request, and a WebSocket whose client is not authenticated yet. If all are in use, the
 * new one is closed.
 */
export class Connections {
  readonly #max: number
  readonly #open = new Map<Duplex, Connection>()
  readonly #idle = new AddressShares()

  constructor(max: number) {
    this.#max = max
  }

  /** Counts the connections of this server from now on. */
  watch(server: Server): void {
    server.on('connection', (socket) => this.#add(socket))
    server.on('request', ({ socket }, response) => {
      this.use(socket)
      response.once('close', () => this.#release(socket))
    })
  }

  /**
   * Marks a connection as in use, also that of an authenticated WebSocket, which stays in use until it ends.
   */
  use(socket: Duplex): void {
    const connection = this.#open.get(socket)
    if (connection === undefined) return
    connection.underWay += 1
    connection.leaveIdle?.()
    connection.leaveIdle = null
  }

  #add(socket: Socket): void {
    if (this.#open.size >= this.#max && !this.#idle.closeOldest()) {
      socket.destroy()
      return
    }
    const connection: Connection = { address: socket.remoteAddress ?? '', underWay: 0, leaveIdle: null }
    this.#open.set(socket, connection)
    this.#letIdle(socket, connection)
    socket.once('close', () => this.#remove(socket))
  }

  #release(socket: Duplex): void {
    const connection = this.#open.get(socket)
    if (connection === undefined) return
    connection.underWay -= 1
    if (connection.underWay === 0) this.#letIdle(socket, connection)
  }

  #letIdle(socket: Duplex, connection: Connection): void {
    connection.leaveIdle = this.#idle.add(connection.address, () => {
      // The place is free at once; the `close` event would come later.
      this.#remove(socket)
      socket.destroy()
    })
  }

  #remove(socket: Duplex): void {
    this.#open.get(socket)?.leaveIdle?.()
    this.#open.delete(socket)
  }
}
