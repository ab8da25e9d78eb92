import type { ProbeFailure } from '../outcome/failure.ts'
import { BeforeHello, HELLO_IN_CHUNKS, isInChunks, type PreHelloInput } from './before-hello.ts'
import { encodeChunked, encodeEndOfMessage, FrameDecoder } from './framing.ts'
import { BASE_NAMESPACE, CLIENT_HELLO, type Hello, MAX_PRE_HELLO_BYTES, parseHello } from './hello.ts'
import { parseReply } from './rpc-reply.ts'
import type { Transport, TransportEnd } from './transport.ts'
import type { XmlElement } from './xml-element.ts'

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

const FRAMED_CLIENT_HELLO = encodeEndOfMessage(CLIENT_HELLO)
/** The delimiters count as bytes, so that a server cannot send empty messages without end. */
const DELIMITER_BYTES = encodeEndOfMessage('').length

const CHECK_SESSIONS = 'check its NETCONF service and its limit of sessions'

const SECOND_HELLO = /^\s*(?:<\?xml\s[^>]*\?>\s*)?<(?:[\w.-]+:)?hello[\s>]/
const SENT_SECOND_HELLO = 'The device sent a second hello.'

/** The result of exchanging hellos. Exactly one of the fields is null. */
export type SessionOpening = { hello: Hello; failure: null } | { hello: null; failure: ProbeFailure }

/**
 * The answer to an operation: `reply` is the `<rpc-reply>`; `refusal` is an error, in one line, or says that
 * the reply `isUnusable`; `lost` says in a sentence why the session ended without an answer.
 */
export type RpcResult = { reply: XmlElement } | { refusal: string; isUnusable?: true } | { lost: string }

/** The client side of one NETCONF session (RFC 6241). The owner of the transport closes it. */
export class Session {
  readonly #transport: Transport
  readonly #decoder: FrameDecoder
  readonly #opening = Promise.withResolvers<SessionOpening>()
  readonly #closing = Promise.withResolvers<void>()
  /** The callbacks that wait for a reply, by message-id. */
  readonly #waiting = new Map<string, (result: RpcResult) => void>()
  #lastMessageId = 0
  /** The message-id of close-session; null until it was sent. */
  #closeId: string | null = null
  /** The reason why the session ended; null while it is open. */
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

  /** A description of the input that came instead of the server's hello. */
  get preHelloInput(): PreHelloInput {
    return this.#hello === null ? this.#before.describe(this.#decoder.pending) : { kind: 'nothing' }
  }

  /**
   * An excerpt of the input before the server's hello or, without a usable hello, instead of it; empty if
   * nothing came.
   */
  get preHelloText(): string {
    return this.#hello === null ? this.#before.beginning : this.#before.firstMessage
  }

  /** A sentence on what the server did wrong after its hello; null if nothing. */
  get remark(): string | null {
    return this.#remark
  }

  /**
   * Sends our hello and waits for the server's. If the peer sends nothing, the promise stays pending. Called
   * once.
   */
  open(): Promise<SessionOpening> {
    this.#transport.attach({
      data: (bytes) => this.#onData(bytes),
      ended: (end) => this.#onEnd(end),
    })
    this.#transport.send(FRAMED_CLIENT_HELLO)
    return this.#opening.promise
  }

  /**
   * Requests an operation in an open session. The operation is XML with its namespace (RFC 6241 section 4.1).
   * If the server never answers, the promise stays pending.
   */
  rpc(operation: string): Promise<RpcResult> {
    if (this.#loss !== null) return Promise.resolve({ lost: this.#loss })
    const { promise, resolve } = Promise.withResolvers<RpcResult>()
    this.#waiting.set(this.#send(operation), resolve)
    return promise
  }

  /**
   * Asks the server to close the session. Resolves at its next message, or when it closes the connection. It
   * may be called while a request waits for its reply, since servers answer in order (RFC 6241 section 4.4).
   */
  close(): Promise<void> {
    this.#closeId ??= this.#send('<close-session/>')
    return this.#closing.promise
  }

  /** Sends an operation and returns its message-id. */
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
      this.#reject(`The device broke the NETCONF framing: ${violation}${this.#afterPreHelloText()}.`)
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
      else if (this.#closeId !== null) this.#closing.resolve()
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
          `The device sent more than ${MAX_PRE_HELLO_BYTES} bytes before its hello` +
            `${this.#afterPreHelloText()}.`,
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

  /** Handles a reply. One with an unknown message-id is ignored. */
  #onReply(message: Buffer): void {
    const result = parseReply(message)
    if ('other' in result) return
    if ('violation' in result) {
      this.#settleAll({ refusal: `a reply that cannot be used: ${result.violation}`, isUnusable: true })
      return
    }
    const { messageId, refusal, element } = result.reply
    const answer: RpcResult = refusal === null ? { reply: element } : { refusal }
    if (messageId === null) {
      // Servers omit it if they could not parse the request.
      this.#settleAll(answer)
      return
    }
    if (messageId === this.#closeId) {
      this.#settleAll({ lost: 'The device closed the session without an answer.' })
      this.#closing.resolve()
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
    const input = this.#hello === null ? this.preHelloInput : null
    if (failure !== null) {
      // Many servers close the connection right after they have sent the reason.
      const isTold = input?.kind === 'wrong' && failure.outcome === 'CONNECTION_LOST'
      if (isTold) this.#reject(`The device ${input.what}, and closed the connection; ${CHECK_SESSIONS}.`)
      else this.#end(failure)
      return
    }
    const isQuoted = input !== null && input.kind !== 'nothing' && input.kind !== 'part'
    const said = stderr !== '' ? ` and said "${stderr}"` : isQuoted ? '' : this.#afterPreHelloText()
    const how = exit === null ? '' : ` (${exit})`
    this.#reject(`The device ${this.#endedHow(input)}${how}${said}; ${CHECK_SESSIONS}.`)
  }

  #endedHow(input: PreHelloInput | null): string {
    switch (input?.kind) {
      case undefined: {
        const { length } = this.#decoder.pending
        return length > 0
          ? `closed the session ${length} bytes into a reply, before the end of it`
          : 'closed the session'
      }
      case 'nothing':
        return 'closed the session without a hello'
      case 'part':
        return `closed the session ${input.bytes} bytes into its hello, before the end of it`
      case 'text':
        return `sent ${input.quoted} instead of a hello, and closed the session`
      case 'wrong':
        return `${input.what}, and closed the session`
    }
  }

  #afterPreHelloText(): string {
    const text = this.#before.firstMessage
    return text === '' ? '' : `, after "${text}"`
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
