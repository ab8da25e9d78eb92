import { type Agent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { pipeline, Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'
import type { Clock } from '../../base/clock.ts'
import { messageOf, RollcallError, systemCodeOf } from '../../base/errors.ts'
import { sourceFailure } from '../source.ts'
import { nameOf, tooMuch } from './http-failure.ts'

export interface HttpRequest {
  method: 'GET' | 'POST'
  url: URL
  headers: Readonly<Record<string, string>>
  body?: string
  /** The largest answer; a longer one fails. */
  maxBytes: number
  /** Statuses besides 200 whose answers are read. */
  alsoRead?: readonly number[]
}

export interface HttpAnswer {
  status: number
  headers: IncomingHttpHeaders
  /** The body as it arrives. It can be read once, and rejects if it does not arrive completely. */
  body: AsyncIterable<Uint8Array>
}

/** The connection and limits of an exchange. */
export interface HttpWire {
  agent: Agent
  /** How long the server may be silent. */
  timeoutMs: number
  clock: Clock
  signal: AbortSignal
}

/**
 * The connection could not be made or broke, the server fell silent (code SILENT), or it changed the protocol
 * (code UPGRADE). Another try may succeed.
 */
export class ConnectionFailure extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }
}

/**
 * Sends one request, passes its answer to `read`, and resolves with the result of that. The rest of the
 * answer is discarded. Rejects with a ConnectionFailure, with the failure of `read`, or with the signal's
 * reason when it aborts.
 */
export async function exchange<T>(
  request: HttpRequest,
  wire: HttpWire,
  read: (answer: HttpAnswer) => Promise<T>,
): Promise<T> {
  const silence = new SilenceLimit(wire)
  const signal = AbortSignal.any([wire.signal, silence.signal])
  let incoming: IncomingMessage | undefined
  try {
    silence.begin()
    incoming = await send(request, wire.agent, signal)
    const body = bytesOf(incoming, request, silence)
    return await read({ status: incoming.statusCode ?? 0, headers: incoming.headers, body })
  } catch (failure) {
    // An abort breaks the connection, which looks like a fault of the server.
    signal.throwIfAborted()
    throw failure
  } finally {
    silence.end()
    incoming?.destroy()
  }
}

function send(
  { method, url, headers, body }: HttpRequest,
  agent: Agent,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const outgoing = send(url, { method, headers, agent, signal }, resolve)
    outgoing.on('error', (failure) => reject(connectionFailure(failure)))
    // Node.js reports neither an answer nor an error for 101, an answer that changes the protocol.
    outgoing.on('upgrade', ({ statusCode }, socket) => {
      socket.destroy()
      reject(new ConnectionFailure('UPGRADE', `it answered HTTP ${statusCode} to change the protocol`))
    })
    outgoing.end(body)
  })
}

async function* bytesOf(
  incoming: IncomingMessage,
  { url, maxBytes }: HttpRequest,
  silence: SilenceLimit,
): AsyncGenerator<Uint8Array> {
  let received = 0
  silence.begin()
  try {
    for await (const piece of incoming) {
      // The time for processing a piece does not count as silence of the server.
      silence.end()
      received += piece.length
      if (received > maxBytes) throw tooMuch(url, maxBytes)
      yield piece
      silence.begin()
    }
  } catch (failure) {
    throw failure instanceof RollcallError ? failure : connectionFailure(failure)
  }
}

function connectionFailure(cause: unknown): ConnectionFailure {
  return new ConnectionFailure(systemCodeOf(cause) ?? 'UNKNOWN', messageOf(cause), { cause })
}

/** Aborts if the server is silent for too long between `begin` and `end`. */
class SilenceLimit {
  readonly #controller = new AbortController()
  readonly #clock: Clock
  readonly #timeoutMs: number
  #cancel = () => {}

  constructor({ clock, timeoutMs }: Pick<HttpWire, 'clock' | 'timeoutMs'>) {
    this.#clock = clock
    this.#timeoutMs = timeoutMs
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  begin(): void {
    this.end()
    this.#cancel = this.#clock.after(this.#timeoutMs, () => {
      this.#controller.abort(new ConnectionFailure('SILENT', 'nothing was heard within the time limit'))
    })
  }

  end(): void {
    this.#cancel()
  }
}

const DECODERS = new Map([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
])

/**
 * Returns the body of an answer without its content encoding. Rollcall asks for none, but servers that store
 * compressed files send them compressed anyway. Throws a RollcallError (SOURCE_FAILED) if the encoding is
 * unknown.
 */
export function decodedBody(
  { url, maxBytes }: Pick<HttpRequest, 'url' | 'maxBytes'>,
  { headers, body }: HttpAnswer,
): HttpAnswer['body'] {
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity') return body
  const createDecoder = DECODERS.get(encoding)
  if (createDecoder === undefined) {
    throw sourceFailure(
      nameOf(url),
      `answers with the content encoding ${encoding}, which was not asked for; ` +
        'have it send the inventory as it is.',
    )
  }
  return decode(body, { url, maxBytes, encoding, decoder: createDecoder() })
}

/** Decodes and limits the decoded bytes: a few compressed bytes may become a thousand times as many. */
async function* decode(
  body: HttpAnswer['body'],
  given: { url: URL; maxBytes: number; encoding: string; decoder: ReturnType<typeof createGunzip> },
): AsyncGenerator<Uint8Array> {
  const { url, maxBytes, encoding, decoder } = given
  let received = 0
  try {
    // A failure ends the decoder and reaches its reader from there.
    for await (const piece of pipeline(Readable.from(body), decoder, () => undefined)) {
      received += piece.length
      if (received > maxBytes) throw tooMuch(url, maxBytes)
      yield piece
    }
  } catch (failure) {
    if (failure instanceof RollcallError || failure instanceof ConnectionFailure) throw failure
    const said = messageOf(failure)
    const problem = `answers with what is not valid ${encoding} (${said}); see what is wrong with it.`
    throw sourceFailure(nameOf(url), problem, { cause: failure })
  }
}
