import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import type { Closable } from '../base/close.ts'
import { messageOf, RollcallError, systemCodeOf } from '../base/errors.ts'

/** Half of the default maximum of Linux. It is large enough that a burst of probes loses no SYNs. */
const BACKLOG = 2048

/** A TCP listener that accepts only this machine, and knows its connections. */
export class Listener implements Closable {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>
  #closed: Promise<void> | undefined

  private constructor(server: Server, port: number, sockets: Set<Socket>) {
    this.#server = server
    this.port = port
    this.#sockets = sockets
  }

  /**
   * Listens on `host`. Port 0 means any free port.
   *
   * @throws RollcallError ADDRESS_IN_USE if the port is taken, SIMULATOR_FAILED if the system refuses
   */
  static async open(host: string, port: number, onConnection: (socket: Socket) => void): Promise<Listener> {
    const sockets = new Set<Socket>()
    const server = createServer({ noDelay: true }, (socket) => {
      if (!isLoopback(socket.localAddress) || !isLoopback(socket.remoteAddress)) {
        socket.destroy()
        return
      }
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      // A reset also emits 'close'. Without a listener, 'error' would end the process.
      socket.on('error', () => undefined)
      onConnection(socket)
    })
    server.listen({ host, port, backlog: BACKLOG })
    try {
      await once(server, 'listening')
    } catch (failure) {
      throw explain(failure, host, port)
    }
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('A TCP server has no port.')
    return new Listener(server, address.port, sockets)
  }

  /** Ends every connection, whatever it is waiting for. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }
}

function isLoopback(address: string | undefined): boolean {
  return address?.startsWith('127.') ?? false
}

function explain(failure: unknown, host: string, port: number): RollcallError {
  const options = { cause: failure }
  switch (systemCodeOf(failure)) {
    case 'EADDRINUSE':
      return new RollcallError(
        'ADDRESS_IN_USE',
        `Port ${port} is in use: give the simulator another port, or 0 for any free one.`,
        options,
      )
    case 'EACCES':
      return new RollcallError(
        'SIMULATOR_FAILED',
        `The simulator is not allowed to listen on port ${port}: ` +
          'give it one above 1023, or 0 for any free one.',
        options,
      )
    case 'EMFILE':
    case 'ENFILE':
      return new RollcallError(
        'SIMULATOR_FAILED',
        'The simulator has reached the limit of open files: ask for fewer devices, or raise `ulimit -n`.',
        options,
      )
    default:
      return new RollcallError(
        'SIMULATOR_FAILED',
        `The simulator cannot listen on ${host}:${port} (${messageOf(failure)}): give it another port.`,
        options,
      )
  }
}
