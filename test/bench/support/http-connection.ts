import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** When an answer ended, by `performance.now()`, and what of it tells whether it is one. */
export interface RawAnswer {
  status: number
  lastByteAt: number
  /** How its body begins, with the length of the first chunk where it comes in chunks. */
  beginning: string
  bytes: number
}

const END_OF_HEAD = '\r\n\r\n'
/** Bytes. */
const BEGINNING = 200
const END_OF_CHUNKS = Buffer.from('\r\n0\r\n\r\n')

/**
 * A connection that is kept, with one request at a time on it. It does as little as can be, for it shares the machine with the
 * server that it measures: `node:http` would need several times as much for an answer.
 */
export class HttpConnection {
  readonly #socket: Socket
  readonly #head: string
  #receive: (chunk: Buffer) => void = () => undefined
  #fail: (failure: Error) => void = () => undefined

  private constructor(socket: Socket, url: URL) {
    this.#socket = socket
    this.#head = [
      `POST ${url.pathname} HTTP/1.1`,
      `host: ${url.host}`,
      'content-type: application/json',
      'accept: application/json',
      'content-length: ',
    ].join('\r\n')
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.once('error', (failure) => this.#fail(failure))
    socket.once('close', () => this.#fail(new Error('The server has closed the connection.')))
  }

  static async open(url: string): Promise<HttpConnection> {
    const parsed = new URL(url)
    const socket = connect(Number(parsed.port), parsed.hostname)
    await once(socket, 'connect')
    return new HttpConnection(socket, parsed)
  }

  /** @param body JSON */
  post(body: string): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      const reader = new AnswerReader()
      this.#fail = reject
      this.#receive = (chunk) => {
        if (reader.read(chunk)) resolve(reader.answer)
      }
      this.#socket.write(`${this.#head}${Buffer.byteLength(body)}${END_OF_HEAD}${body}`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Reads one answer, whose length its head tells or that comes in chunks. */
class AnswerReader {
  readonly answer: RawAnswer = { status: 0, lastByteAt: 0, beginning: '', bytes: 0 }
  #head = ''
  #missing = Number.NaN
  #tail: Buffer = Buffer.alloc(0)

  /** Whether this was the end. */
  read(chunk: Buffer): boolean {
    const isOver = Number.isNaN(this.#missing) ? this.#readHead(chunk) : this.#readBody(chunk)
    if (isOver) this.answer.lastByteAt = performance.now()
    return isOver
  }

  #readHead(chunk: Buffer): boolean {
    this.#head += chunk.toString('latin1')
    const end = this.#head.indexOf(END_OF_HEAD)
    if (end < 0) return false
    const head = this.#head.slice(0, end)
    this.answer.status = Number(head.slice(9, 12))
    const length = /^content-length: *(\d+)/im.exec(head)?.[1]
    // In chunks: not to be counted, but looked at for the end.
    this.#missing = length === undefined ? Number.POSITIVE_INFINITY : Number(length)
    return this.#readBody(Buffer.from(this.#head.slice(end + END_OF_HEAD.length), 'latin1'))
  }

  #readBody(chunk: Buffer): boolean {
    if (this.answer.beginning === '') this.answer.beginning = chunk.toString('latin1', 0, BEGINNING)
    this.answer.bytes += chunk.length
    this.#missing -= chunk.length
    if (Number.isFinite(this.#missing)) return this.#missing <= 0
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(-END_OF_CHUNKS.length)]).subarray(
      -END_OF_CHUNKS.length,
    )
    return this.#tail.equals(END_OF_CHUNKS)
  }
}
