import type { Duplex } from 'node:stream'
import { answerFacts, type DeviceIdentity } from './facts.ts'
import { MessageReader } from './message-reader.ts'

/** The hello that opens one session. */
export interface ServerHello {
  bytes: Buffer
  /** Whether it offers base:1.1 and with it chunked framing. */
  offersChunks: boolean
  /** The facts that the server gives; left out if it gives none. */
  device?: DeviceIdentity
}

/** One request of a client, and the correct reply to it. */
interface Request {
  /** The operation: `close-session`, `get` and so on. */
  operation: string
  /** The whole element of the reply. */
  reply: string
}

/** Sends something in place of the reply. The session continues unless this ends the channel. */
export type Answer = (request: Request, encode: (text: string) => Buffer) => void

const ATTRIBUTES = String.raw`(?:\s+[\w.:-]+\s*=\s*(?:"[^"]*"|'[^']*'))*`
const HELLO = /<(?:[\w.-]+:)?hello[\s>]/
const BASE = /<(?:[\w.-]+:)?capability>\s*urn:ietf:params:netconf:base:(1\.[01])\s*(?:\?[^<]*)?</g
const RPC = new RegExp(String.raw`<((?:[\w.-]+:)?)rpc(${ATTRIBUTES})\s*>\s*<(?:[\w.-]+:)?([\w.-]+)`)

/**
 * Serves one NETCONF session (RFC 6241): sends the hello, answers requests for facts, closes when asked to,
 * and has no other operation. The session ends with the channel. If `answer` is given, it answers requests
 * instead.
 */
export function serveNetconf(channel: Duplex, hello: ServerHello, answer?: Answer): void {
  let opened = false
  let chunked = false

  const onHello = (text: string): void => {
    const bases = new Set(Array.from(text.matchAll(BASE), ([, version]) => version))
    chunked = hello.offersChunks && bases.has('1.1')
    // A session without a common version must not be used (RFC 6241 section 8.1).
    if (!HELLO.test(text) || bases.size === 0) channel.end()
    else if (chunked) reader.expectChunks()
    opened = true
  }

  const onRpc = (text: string): void => {
    const rpc = RPC.exec(text)
    if (rpc === null) {
      channel.end()
      return
    }
    const [, prefix = '', attributes = '', operation = ''] = rpc
    const closes = operation === 'close-session'
    const facts = hello.device ? answerFacts(text, prefix, hello.device) : null
    const content = closes ? `<${prefix}ok/>` : (facts ?? operationNotSupported(prefix))
    // A reply carries the attributes of its request unchanged (RFC 6241 section 4.2).
    const reply = `<${prefix}rpc-reply${attributes}>${content}</${prefix}rpc-reply>`
    if (answer !== undefined) {
      answer({ operation, reply }, (text) => encode(text, chunked))
      return
    }
    channel.write(encode(reply, chunked))
    if (closes) channel.end()
  }

  const reader = new MessageReader({
    onMessage: (text) => {
      if (channel.writableEnded) return
      if (opened) onRpc(text)
      else onHello(text)
    },
    onMalformed: () => channel.end(),
  })
  channel.on('data', (bytes: Buffer) => reader.read(bytes))
  channel.write(hello.bytes)
}

function operationNotSupported(prefix: string): string {
  const fields = [
    ['error-type', 'protocol'],
    ['error-tag', 'operation-not-supported'],
    ['error-severity', 'error'],
  ].map(([name, value]) => `<${prefix}${name}>${value}</${prefix}${name}>`)
  return `<${prefix}rpc-error>${fields.join('')}</${prefix}rpc-error>`
}

function encode(text: string, chunked: boolean): Buffer {
  const framed = chunked ? `\n#${text.length}\n${text}\n##\n` : `${text}]]>]]>`
  // One character is one byte: see MessageReader.
  return Buffer.from(framed, 'latin1')
}
