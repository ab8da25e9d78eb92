import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

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
export class UnendedStream extends PipedStream {
  override _final(done: (error?: Error | null) => void): void {
    done()
  }
}

/** Sends each byte in a packet of its own, `everyMs` after the one before; 0 means with hardly any pause. */
export class DrippingStream extends PipedStream {
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
