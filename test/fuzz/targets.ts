import { parseCapability } from '../../src/netconf/protocol/capabilities.ts'
import { encodeChunked, encodeEndOfMessage, FrameDecoder } from '../../src/netconf/protocol/framing.ts'
import { parseHello } from '../../src/netconf/protocol/hello.ts'
import { parseReply } from '../../src/netconf/protocol/rpc-reply.ts'
import { Session } from '../../src/netconf/protocol/session.ts'
import type { TransportReceiver } from '../../src/netconf/protocol/transport.ts'
import { findMismatch, offerFor } from '../../src/netconf/ssh/ssh-algorithms.ts'

const OFFER = offerFor({ hostKeys: { check: 'any' }, legacyAlgorithms: false })

/**
 * Feeds hostile bytes, cut at `cuts`, to one parser. Throws where the parser breaks a promise; returns what is
 * characteristic of its answer, so that inputs with a new kind of answer can be told from those without.
 */
export type Target = (bytes: Buffer, cuts: readonly number[]) => string | Promise<string>

export const TARGETS: Readonly<Record<string, Target>> = {
  'end-of-message': (bytes, cuts) => decodeBothWays(bytes, cuts, false),
  chunked: (bytes, cuts) => decodeBothWays(bytes, cuts, true),
  'round-trip': roundTrip,
  hello: readHello,
  reply: readReply,
  session: openSession,
  'key-exchange': (bytes) => {
    const mismatch = findMismatch(bytes, OFFER)
    return mismatch === null ? 'none' : mismatch.kinds.map(({ kind }) => kind).join(' ')
  },
}

const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

function insist(holds: boolean, promise: string): void {
  if (!holds) throw new Error(`Broken: ${promise}.`)
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index] ?? bytes.length))
}

/** A sentence without what differs from input to input: numbers, places and what is quoted of the input. */
function kindOf(text: string): string {
  return text
    .replace(/"[\s\S]*"/g, '')
    .replace(/(namespace is|encoded in|prefix|entity|attribute|element)[\s\S]*/, '$1')
    .replace(/[^a-z ]+/g, ' ')
    .slice(0, 50)
}

interface Decoded {
  messages: string[]
  violation: string | null
}

function decode(pieces: readonly Buffer[], chunked: boolean): Decoded {
  const messages: string[] = []
  const decoder = new FrameDecoder({
    maxMessageBytes: MAX_MESSAGE_BYTES,
    onMessage: (message) => messages.push(message.toString('latin1')),
  })
  if (chunked) decoder.useChunks()
  let violation: string | null = null
  for (const piece of pieces) violation = decoder.push(piece)
  insist(decoder.pending.length <= MAX_MESSAGE_BYTES + 5, 'no more is held than the cap allows')
  return { messages, violation }
}

function decodeBothWays(bytes: Buffer, cuts: readonly number[], chunked: boolean): string {
  const whole = decode([bytes], chunked)
  const inPieces = decode(cut(bytes, cuts), chunked)
  insist(
    JSON.stringify(whole) === JSON.stringify(inPieces),
    'a stream gives the same messages however it is cut',
  )
  return `${Math.min(whole.messages.length, 3)} ${kindOf(whole.violation ?? '')}`
}

function roundTrip(bytes: Buffer, cuts: readonly number[]): string {
  const text = bytes.toString('latin1').replaceAll(']]>]]>', '') || 'x'
  const expected = Buffer.from(text).toString('latin1')
  for (const chunked of [false, true]) {
    const encoded = Buffer.from(chunked ? encodeChunked(text) : encodeEndOfMessage(text))
    // The end of a text may run into its delimiter: `]]` before `]]>]]>`.
    if (!chunked && encoded.indexOf(']]>]]>') !== encoded.length - 6) continue
    const { messages, violation } = decode(cut(encoded, cuts), chunked)
    insist(violation === null && messages.length === 1 && messages[0] === expected, 'decode(encode(x)) is x')
  }
  return 'same'
}

function readHello(bytes: Buffer): string {
  const result = parseHello(bytes)
  insist(
    JSON.stringify(result) === JSON.stringify(parseHello(bytes)),
    'a hello reads the same when it is known already',
  )
  if ('violation' in result) return kindOf(result.violation)
  if ('none' in result) return result.none
  const { capabilities, sessionId, base10, base11 } = result.hello
  insist(new Set(capabilities).size === capabilities.length, 'no capability is there twice')
  for (const uri of capabilities) {
    insist(
      uri !== '' && uri === uri.trim(),
      'a capability has neither white space around it nor nothing in it',
    )
    insist(parseCapability(uri).uri === uri, 'a capability is read as it stands')
  }
  insist(sessionId === null || (sessionId > 0 && sessionId <= 0xffff_ffff), 'a session-id has 32 bits')
  return `hello ${Math.min(capabilities.length, 3)} ${sessionId === null} ${base10} ${base11}`
}

function readReply(bytes: Buffer): string {
  const result = parseReply(bytes)
  if ('violation' in result) return kindOf(result.violation)
  if ('other' in result) return 'other'
  const { messageId, refusal } = result.reply
  insist(refusal === null || isPlain(refusal), 'what is quoted of a peer is one short line')
  return `reply ${messageId === null} ${refusal === null}`
}

function isPlain(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what must not be there
  return text.length <= 121 && !/[\x00-\x1f\x7f-\x9f]/.test(text)
}

/** A server that says this and hangs up. */
async function converse(pieces: readonly Buffer[]): Promise<string> {
  let receiver: TransportReceiver | null = null
  const session = new Session({
    attach: (given) => {
      receiver = given
    },
    send: () => undefined,
    close: () => Promise.resolve(),
  })
  const opening = session.open()
  const reply = session.rpc('<get/>')
  for (const piece of pieces) feed(receiver, piece)
  hangUp(receiver)
  const { hello, failure } = await opening
  const answer = await reply
  await session.close()
  return JSON.stringify([hello, failure, answer])
}

// Apart from `converse`, where TypeScript does not see that `attach` has been called.
function feed(receiver: TransportReceiver | null, piece: Buffer): void {
  receiver?.data(piece)
}

function hangUp(receiver: TransportReceiver | null): void {
  receiver?.ended({ failure: null, stderr: '', exit: null })
}

async function openSession(bytes: Buffer, cuts: readonly number[]): Promise<string> {
  const whole = await converse([bytes])
  insist(
    whole === (await converse(cut(bytes, cuts))),
    'a session goes the same way however its bytes are cut',
  )
  const [hello, failure, answer] = JSON.parse(whole)
  return `${hello === null} ${kindOf(failure?.message ?? '')} ${kindOf(Object.keys(answer).join())}`
}
