import { createHash } from 'node:crypto'
import { Duplex } from 'node:stream'

/** The way between a client and a device: plain data. All times are milliseconds. */
export interface Line {
  /** The time of a round trip without jitter; half of it passes in each direction. 0: no delay. */
  roundTripMs: number
  /** Each packet takes up to this much longer, in each direction by itself. */
  jitterMs: number
  /** The percentage of packets that count as lost, 0 to 100. A lost packet arrives after a retransmission. */
  lossPercent: number
}

/** Round trips in milliseconds, from the nearest to the farthest country. */
export interface LatencyRange {
  nearestMs: number
  farthestMs: number
}

/** How much nearer or farther than its country a device may be. */
const SPREAD = 0.1

/** Returns the round trip to a device, within the range and the same in every run. */
export function roundTripTo(
  { country, name }: { country: string; name: string },
  { nearestMs, farthestMs }: LatencyRange,
): number {
  const ofCountry = nearestMs + numbersFrom(country)() * (farthestMs - nearestMs)
  const ofDevice = ofCountry * (1 - SPREAD + 2 * SPREAD * numbersFrom(name)())
  return Math.min(farthestMs, Math.max(nearestMs, ofDevice))
}

/** The least time until a sender retransmits a lost packet, as in Linux. */
const MIN_RETRANSMISSION_MS = 200

/** The round trips from the first packet until the listener accepts the connection: SYN, SYN-ACK, ACK. */
const ACCEPTED_AFTER_ROUND_TRIPS = 1.5

export function isDelayed({ roundTripMs, jitterMs, lossPercent }: Line): boolean {
  return roundTripMs > 0 || jitterMs > 0 || lossPercent > 0
}

/**
 * A connection over a line. Loopback connects at once, so the time of the TCP handshake passes after it: only
 * then is the stream handed to `onAccepted`, as over a real distance.
 */
export class DistantStream extends Duplex {
  readonly #socket: Duplex
  readonly #toDevice: Direction
  readonly #toClient: Direction
  readonly #accepting: NodeJS.Timeout

  /** @param random returns numbers from 0 up to 1 */
  constructor(socket: Duplex, line: Line, random: () => number, onAccepted: (stream: Duplex) => void) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#toDevice = new Direction(line, random, (bytes) => this.push(bytes))
    this.#toClient = new Direction(line, random, (bytes) => {
      if (bytes === null) socket.end()
      else socket.write(bytes)
    })
    const acceptedAfterMs = ACCEPTED_AFTER_ROUND_TRIPS * line.roundTripMs
    // What the client sends at once leaves when its connection is established.
    this.#toDevice.holdUntil(performance.now() + acceptedAfterMs)
    socket.on('data', (bytes: Buffer) => this.#toDevice.send(bytes))
    socket.on('end', () => this.#toDevice.send(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
    this.#accepting = setTimeout(() => onAccepted(this), acceptedAfterMs)
  }

  override _read(): void {
    // Bytes are pushed when they are due, whether the reader asks for them or not.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#toClient.send(bytes)
    // A device that floods its client must wait for the client to read.
    if (this.#socket.writableNeedDrain) this.#socket.once('drain', () => done())
    else done()
  }

  override _writev(pieces: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this._write(Buffer.concat(pieces.map(({ chunk }) => chunk)), 'binary', done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#toClient.send(null)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#accepting)
    this.#toDevice.stop()
    this.#toClient.stop()
    this.#socket.destroy()
    done(error)
  }
}

/** Returns a source of numbers from 0 up to 1: the same for the same text, without a visible pattern. */
export function numbersFrom(text: string): () => number {
  let state = createHash('sha256').update(text).digest().readUInt32BE(0)
  return () => {
    // A linear congruential generator (Numerical Recipes). Its lower bits are poor and weigh least here.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Packet {
  dueAt: number
  /** Null means that the sender ended the stream. */
  bytes: Buffer | null
}

/** One direction of a line. Packets arrive in their order, so a lost one delays those behind it. */
class Direction {
  readonly #line: Line
  readonly #random: () => number
  readonly #deliver: (bytes: Buffer | null) => void
  readonly #packets: Packet[] = []
  #lastDueAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(line: Line, random: () => number, deliver: (bytes: Buffer | null) => void) {
    this.#line = line
    this.#random = random
    this.#deliver = deliver
  }

  /** Lets nothing arrive before this time of the monotonic clock. */
  holdUntil(time: number): void {
    this.#lastDueAt = time
  }

  send(bytes: Buffer | null): void {
    const dueAt = Math.max(this.#lastDueAt, performance.now() + this.#delayMs())
    this.#lastDueAt = dueAt
    this.#packets.push({ dueAt, bytes })
    this.#timer ??= setTimeout(() => this.#deliverDue(), Math.max(0, dueAt - performance.now()))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#packets.length = 0
  }

  #delayMs(): number {
    const { roundTripMs, jitterMs, lossPercent } = this.#line
    const isLost = lossPercent > 0 && this.#random() * 100 < lossPercent
    const retransmissionMs = isLost ? MIN_RETRANSMISSION_MS + roundTripMs : 0
    return roundTripMs / 2 + this.#random() * jitterMs + retransmissionMs
  }

  #deliverDue(): void {
    this.#timer = undefined
    const now = performance.now()
    // Timers may fire a fraction of a millisecond early.
    const later = this.#packets.findIndex(({ dueAt }) => dueAt - now > 1)
    const due = this.#packets.splice(0, later === -1 ? this.#packets.length : later)
    const [next] = this.#packets
    if (next !== undefined) this.#timer = setTimeout(() => this.#deliverDue(), Math.max(0, next.dueAt - now))
    const bytes = due.flatMap((packet) => packet.bytes ?? [])
    if (bytes.length > 0) this.#deliver(Buffer.concat(bytes))
    if (due.at(-1)?.bytes === null) this.#deliver(null)
  }
}
