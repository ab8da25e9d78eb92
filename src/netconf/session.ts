import type { ProbeFailure } from './failure.ts'
import { encodeChunked, encodeEndOfMessage, FrameDecoder } from './framing.ts'
import { CLIENT_HELLO, type Hello, MAX_NOISE_BYTES, parseHello } from './hello.ts'
import type { Transport, TransportEnd } from './transport.ts'

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

const FRAMED_CLIENT_HELLO = encodeEndOfMessage(CLIENT_HELLO)

const CLOSE_SESSION =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<rpc message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><close-session/></rpc>'

/** How the exchange of hellos ended: exactly one is null. */
export type SessionOpening = { hello: Hello; failure: null } | { hello: null; failure: ProbeFailure }

/** The client's side of one NETCONF session (RFC 6241) over a transport that its owner closes. */
export class Session {
  readonly #transport: Transport
  readonly #decoder: FrameDecoder
  readonly #opening = Promise.withResolvers<SessionOpening>()
  readonly #closing = Promise.withResolvers<void>()
  #hello: Hello | null = null
  #received = 0
  #noiseBytes = 0
  #noise = ''

  constructor(transport: Transport) {
    this.#transport = transport
    this.#decoder = new FrameDecoder({
      maxMessageBytes: MAX_MESSAGE_BYTES,
      onMessage: (message) => this.#onMessage(message),
    })
  }

  /** Bytes that came from the server. */
  get receivedBytes(): number {
    return this.#received
  }

  /** Sends our hello and waits for the server's; a peer that says nothing leaves it pending. Called once. */
  open(): Promise<SessionOpening> {
    this.#transport.attach({
      data: (bytes) => this.#onData(bytes),
      ended: (end) => this.#onEnd(end),
    })
    this.#transport.send(FRAMED_CLIENT_HELLO)
    return this.#opening.promise
  }

  /** Asks the server to close the session; resolves at its reply, or when it just hangs up. */
  close(): Promise<void> {
    this.#transport.send(
      this.#hello?.base11 ? encodeChunked(CLOSE_SESSION) : encodeEndOfMessage(CLOSE_SESSION),
    )
    return this.#closing.promise
  }

  #onData(bytes: Buffer): void {
    this.#received += bytes.length
    const violation = this.#decoder.push(bytes)
    if (violation !== null)
      this.#reject(`The device broke the NETCONF framing: ${violation}${this.#afterNoise()}.`)
  }

  #onMessage(message: Buffer): void {
    if (this.#hello !== null) {
      this.#closing.resolve()
      return
    }
    const result = parseHello(message)
    if ('violation' in result) {
      this.#reject(`The device's hello cannot be used: ${result.violation}; check its NETCONF service.`)
    } else if ('noise' in result) {
      this.#noiseBytes += message.length
      this.#noise ||= result.noise
      if (this.#noiseBytes > MAX_NOISE_BYTES) {
        this.#reject(
          `The device sent more than ${MAX_NOISE_BYTES} bytes before its hello${this.#afterNoise()}.`,
        )
      }
    } else {
      this.#onHello(result.hello)
    }
  }

  #onHello(hello: Hello): void {
    if (!hello.base10 && !hello.base11) {
      const many = hello.capabilities.length
      this.#reject(
        `The device's hello offers neither base:1.0 nor base:1.1 among its ${many} capabilities; ` +
          'check the NETCONF version it runs.',
      )
      return
    }
    this.#hello = hello
    if (hello.base11) this.#decoder.useChunks()
    this.#opening.resolve({ hello, failure: null })
  }

  #onEnd({ failure, stderr }: TransportEnd): void {
    this.#closing.resolve()
    if (failure !== null) {
      this.#opening.resolve({ hello: null, failure })
      return
    }
    const pending = this.#decoder.pendingBytes
    const what =
      pending > 0
        ? `closed the session ${pending} bytes into its hello, before the end of it`
        : 'closed the session without a hello'
    const said = stderr === '' ? this.#afterNoise() : ` and said "${stderr}"`
    this.#reject(`The device ${what}${said}; check its NETCONF service and its limit of sessions.`)
  }

  #afterNoise(): string {
    return this.#noise === '' ? '' : `, after "${this.#noise}"`
  }

  #reject(message: string): void {
    this.#closing.resolve()
    this.#opening.resolve({ hello: null, failure: { outcome: 'PROTOCOL_ERROR', message } })
  }
}
