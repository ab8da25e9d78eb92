import { Duplex } from 'node:stream'

interface Arrival {
  dueAt: number
  /** Null means that the peer ended the stream. */
  bytes: Buffer | null
}

/** A connection on which everything that the peer sends arrives `delayMs` later, as over a long distance. */
export class DelayedStream extends Duplex {
  readonly #socket: Duplex
  readonly #delayMs: number
  readonly #arrivals: Arrival[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Duplex, delayMs: number) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#delayMs = delayMs
    socket.on('data', (bytes: Buffer) => this.#onArrival(bytes))
    socket.on('end', () => this.#onArrival(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  override _read(): void {
    // Bytes are pushed when they are due, whether the reader asks for them or not.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    this.#socket.destroy()
    done(error)
  }

  #onArrival(bytes: Buffer | null): void {
    this.#arrivals.push({ dueAt: performance.now() + this.#delayMs, bytes })
    this.#timer ??= setTimeout(() => this.#deliver(), this.#delayMs)
  }

  #deliver(): void {
    this.#timer = undefined
    const now = performance.now()
    for (let next = this.#arrivals[0]; next !== undefined; next = this.#arrivals[0]) {
      // Timers may fire a fraction of a millisecond early.
      if (next.dueAt - now > 1) {
        this.#timer = setTimeout(() => this.#deliver(), next.dueAt - now)
        return
      }
      this.#arrivals.shift()
      this.push(next.bytes)
    }
  }
}
