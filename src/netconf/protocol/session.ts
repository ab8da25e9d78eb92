import { BeforeHello, HELLO_IN_CHUNKS, isInChunks, type WithoutHello } from './before-hello.ts'
import type { ProbeFailure } from './failure.ts'
import { encodeChunked, encodeEndOfMessage, FrameDecoder } from './framing.ts'
import { BASE_NAMESPACE, CLIENT_HELLO, type Hello, MAX_NOISE_BYTES, parseHello } from './hello.ts'
import { parseReply } from './rpc-reply.ts'
import type { Transport, TransportEnd } from './transport.ts'
import type { XmlElement } from './xml-element.ts'

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

const FRAMED_CLIENT_HELLO = encodeEndOfMessage(CLIENT_HELLO)
/** Messages without content must count for something, or they could come without end. */
const DELIMITER_BYTES = encodeEndOfMessage('').length

const CHECK_SESSIONS = 'check its NETCONF service and its limit of sessions'

const SECOND_HELLO = /^\s*(?:<\?xml\s[^>]*\?>\s*)?<(?:[\w.-]+:)?hello[\s>]/
const SENT_SECOND_HELLO = 'The device sent a second hello.'

/** How the exchange of hellos ended: exactly one is null. */
export type SessionOpening = { hello: Hello; failure: null } | { hello: null; failure: ProbeFailure }

/**
 * How a server answered: with an `<rpc-reply>`; with an error, in one line; or not, as the session was over,
 * a sentence.
 */
export type RpcResult = { reply: XmlElement } | { refusal: string } | { lost: string }

/** The client's side of one NETCONF session (RFC 6241) over a transport that its owner closes. */
export class Session {
  readonly #transport: Transport
  readonly #decoder: FrameDecoder
  readonly #opening = Promise.withResolvers<SessionOpening>()
  readonly #closing = Promise.withResolvers<void>()
  /** What waits for a reply, by message-id. */
  readonly #waiting = new Map<string, (result: RpcResult) => void>()
  #lastMessageId = 0
  #isClosing = false
  /** Why the session is over; null while it is not. */
  #loss: string | null = null
  #hello: Hello | null = null
  #remark: string | null = null
  readonly #before = new BeforeHello()

  constructor(transport: Transport) {
    this.#transport = transport
    this.#decoder = new FrameDecoder({
      maxMessageBytes: MAX_MESSAGE_BYTES,
      onMessage: (message) => this.#onMessage(message),
    })
  }

  /** What the server has sent while its hello is missing. */
  get withoutHello(): WithoutHello {
    return this.#hello === null ? this.#before.describe(this.#decoder.pending) : { kind: 'nothing' }
  }

  /**
   * An excerpt of what came before the server's hello or, without a hello that can be used, instead of it;
   * empty if nothing did.
   */
  get noise(): string {
    return this.#hello === null ? this.#before.beginning : this.#before.firstMessage
  }

  /** What the server did wrong after its hello, as a sentence; null while it did nothing wrong. */
  get remark(): string | null {
    return this.#remark
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

  /**
   * Asks for an operation, given as XML that names its namespace (RFC 6241 section 4.1), once the session is
   * open. A server that never answers leaves it pending.
   */
  rpc(operation: string): Promise<RpcResult> {
    if (this.#loss !== null) return Promise.resolve({ lost: this.#loss })
    const { promise, resolve } = Promise.withResolvers<RpcResult>()
    this.#waiting.set(this.#send(operation), resolve)
    return promise
  }

  /** Asks the server to close the session; resolves at its next message, or when it just hangs up. */
  close(): Promise<void> {
    this.#isClosing = true
    this.#send('<close-session/>')
    return this.#closing.promise
  }

  /** Returns the message-id. */
  #send(operation: string): string {
    this.#lastMessageId += 1
    const id = `${this.#lastMessageId}`
    const rpc =
      '<?xml version="1.0" encoding="UTF-8"?>\n' +
      `<rpc message-id="${id}" xmlns="${BASE_NAMESPACE}">${operation}</rpc>`
    this.#transport.send(this.#hello?.base11 ? encodeChunked(rpc) : encodeEndOfMessage(rpc))
    return id
  }

  #onData(bytes: Buffer): void {
    if (this.#hello === null) this.#before.addBytes(bytes)
    const violation = this.#decoder.push(bytes)
    if (violation === null || this.#loss !== null) return
    if (this.#hello === null) {
      this.#reject(`The device broke the NETCONF framing: ${violation}${this.#afterNoise()}.`)
      return
    }
    const problem = `The device broke the NETCONF framing after its hello: ${violation}.`
    this.#remark ??= problem
    this.#reject(problem)
  }

  #onMessage(message: Buffer): void {
    if (this.#hello !== null) {
      if (SECOND_HELLO.test(message.toString('latin1', 0, 500))) this.#remark ??= SENT_SECOND_HELLO
      if (this.#waiting.size > 0) this.#onReply(message)
      if (this.#isClosing) this.#closing.resolve()
      return
    }
    const result = parseHello(message)
    if ('violation' in result) {
      const problem = isInChunks(message)
        ? `The device ${HELLO_IN_CHUNKS}`
        : `The device's hello cannot be used: ${result.violation}`
      this.#reject(`${problem}; check its NETCONF service.`)
    } else if ('none' in result) {
      const isTaken = this.#before.addMessage(
        message,
        message.length + DELIMITER_BYTES,
        result.none === 'echo',
      )
      if (!isTaken) {
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

  /** A reply with a message-id that nothing waits for is late or foreign, and ignored. */
  #onReply(message: Buffer): void {
    const result = parseReply(message)
    if ('other' in result) return
    if ('violation' in result) {
      this.#settleAll({ refusal: `a reply that cannot be used: ${result.violation}` })
      return
    }
    const { messageId, refusal, element } = result.reply
    const answer: RpcResult = refusal === null ? { reply: element } : { refusal }
    if (messageId === null) {
      // Servers leave it out where they could not make out what they were asked.
      this.#settleAll(answer)
      return
    }
    this.#waiting.get(messageId)?.(answer)
    this.#waiting.delete(messageId)
  }

  #settleAll(result: RpcResult): void {
    for (const settle of this.#waiting.values()) settle(result)
    this.#waiting.clear()
  }

  #onEnd({ failure, stderr, exit }: TransportEnd): void {
    const without = this.#hello === null ? this.withoutHello : null
    if (failure !== null) {
      // Many servers drop the connection right after they have told why.
      const isTold = without?.kind === 'wrong' && failure.outcome === 'CONNECTION_LOST'
      if (isTold) this.#reject(`The device ${without.what}, and closed the connection; ${CHECK_SESSIONS}.`)
      else this.#end(failure)
      return
    }
    const isNoise = without === null || without.kind === 'nothing' || without.kind === 'part'
    const said = stderr !== '' ? ` and said "${stderr}"` : isNoise ? this.#afterNoise() : ''
    const how = exit === null ? '' : ` (${exit})`
    this.#reject(`The device ${this.#endedHow(without)}${how}${said}; ${CHECK_SESSIONS}.`)
  }

  #endedHow(without: WithoutHello | null): string {
    switch (without?.kind) {
      case undefined: {
        const { length } = this.#decoder.pending
        return length > 0
          ? `closed the session ${length} bytes into a reply, before the end of it`
          : 'closed the session'
      }
      case 'nothing':
        return 'closed the session without a hello'
      case 'part':
        return `closed the session ${without.bytes} bytes into its hello, before the end of it`
      case 'text':
        return `sent ${without.quoted} instead of a hello, and closed the session`
      case 'wrong':
        return `${without.what}, and closed the session`
    }
  }

  #afterNoise(): string {
    const noise = this.#before.firstMessage
    return noise === '' ? '' : `, after "${noise}"`
  }

  #reject(message: string): void {
    this.#end({ outcome: 'PROTOCOL_ERROR', message })
  }

  #end(failure: ProbeFailure): void {
    this.#loss ??= failure.message
    this.#opening.resolve({ hello: null, failure })
    this.#settleAll({ lost: this.#loss })
    this.#closing.resolve()
  }
}
