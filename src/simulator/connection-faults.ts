import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type Behaviour, flood } from './behaviour.ts'

/** A connection that passes everything on unchanged. Its subclasses change something. */
class PipedStream extends Duplex {
  protected readonly socket: Socket

  constructor(socket: Socket) {
    super({ allowHalfOpen: false })
    this.socket = socket
    socket.on('data', (bytes: Buffer) => this.push(bytes))
    socket.on('end', () => this.push(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  override _read(): void {
    // A client sends little, and it is read at once.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.socket.write(bytes, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.socket.destroy()
    done(error)
  }
}

/** Ends without sending a FIN until the peer has sent its own. */
class UnendedStream extends PipedStream {
  override _final(done: (error?: Error | null) => void): void {
    done()
  }
}

/** Sends each byte in a packet of its own, `everyMs` after the one before; 0 means with hardly any pause. */
class DrippingStream extends PipedStream {
  readonly #everyMs: number
  #cancel = (): void => undefined

  constructor(socket: Socket, everyMs: number) {
    super(socket)
    this.#everyMs = everyMs
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (bytes.length === 0) {
      done()
      return
    }
    this.socket.write(bytes.subarray(0, 1))
    const next = (): void => this._write(bytes.subarray(1), 'binary', done)
    if (this.#everyMs > 0) {
      const timer = setTimeout(next, this.#everyMs)
      this.#cancel = () => clearTimeout(timer)
    } else {
      const immediate = setImmediate(next)
      this.#cancel = () => clearImmediate(immediate)
    }
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#cancel()
    super._destroy(error, done)
  }
}

/** Does `act` instead of SSH. It reads what it is sent, so that it notices when its peer leaves. */
function instead(act: (socket: Socket) => void): Behaviour {
  return {
    connection(socket) {
      socket.resume()
      act(socket)
    },
  }
}

/** Faults of TCP, and of programs that listen in place of an SSH server. */
export const CONNECTION_FAULTS = {
  'closes-at-once': instead((socket) => socket.end()),
  'resets-at-once': instead((socket) => socket.resetAndDestroy()),
  /** Accepts the connection and does nothing else. */
  'silent-after-accept': instead(() => undefined),
  /** Sends a greeting, as RFC 4253 section 4.2 allows, but never the identification. */
  'greets-and-waits': instead((socket) => socket.write('Authorized access only.\r\n')),
  'turns-away': instead((socket) => socket.end('Too many users, try later.\r\n')),
  /** Sends a greeting, then says that it has no room. That line is the last one and has no line end. */
  'greets-and-turns-away': instead((socket) => socket.end('Authorized access only.\r\nExceeded MaxStartups')),
  'speaks-http': instead((socket) => socket.write('HTTP/1.1 400 Bad Request\r\nServer: admin\r\n\r\n')),
  'speaks-telnet': instead((socket) => socket.write(Buffer.of(0xff, 0xfd, 0x18, 0xff, 0xfd, 0x20))),
  'speaks-ssh-1': instead((socket) => socket.write('SSH-1.5-Cisco-1.25\n')),
  /** Sends random bytes without end. */
  'floods-garbage': instead((socket) => flood(socket, randomBytes(65_536))),
  /** Sends lines without end. Each is allowed before an identification. */
  'floods-lines': instead((socket) =>
    flood(socket, 'All work and no play makes a dull router.\r\n'.repeat(500)),
  ),
  /** Sends one line without end. */
  'floods-one-line': instead((socket) => flood(socket, 'x'.repeat(65_536))),
  'malformed-identification': instead((socket) => socket.write('SSH-2.0_Router\r\n')),
  'silent-after-identification': instead((socket) => socket.write('SSH-2.0-Cisco-1.25\r\n')),
  'closes-after-identification': instead((socket) => socket.end('SSH-2.0-Cisco-1.25\r\n')),
  'resets-after-identification': instead((socket) => {
    socket.write('SSH-2.0-Cisco-1.25\r\n')
    // By then the peer's identification has arrived, and ours was sent.
    socket.once('data', () => socket.resetAndDestroy())
  }),
  /** Does everything correctly, at one byte a second. */
  'one-byte-a-second': {
    connection: (socket, serve) => serve(new DrippingStream(socket, 1000)),
  },
  /** Does everything correctly, but sends each byte in a packet of its own. */
  'one-byte-a-packet': {
    connection: (socket, serve) => serve(new DrippingStream(socket, 0)),
  },
  /** Does everything correctly, but leaves closing the connection to the peer. */
  'closes-without-fin': {
    connection: (socket, serve) => serve(new UnendedStream(socket)),
  },
} satisfies Record<string, Behaviour>
