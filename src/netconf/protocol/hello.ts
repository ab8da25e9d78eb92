import { offeredBases } from './capabilities.ts'
import { excerpt } from './failure.ts'
import { HelloCache } from './hello-cache.ts'
import { decodeXml, walkXml, XmlViolation } from './xml-reader.ts'

export const BASE_NAMESPACE = 'urn:ietf:params:xml:ns:netconf:base:1.0'

/**
 * Our hello, without its framing (RFC 6241 section 8.1). Base:1.1 stands first so that its echo, which some
 * servers send, cannot be taken for the shortest hello of a server.
 */
export const CLIENT_HELLO =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  `<hello xmlns="${BASE_NAMESPACE}"><capabilities>` +
  '<capability>urn:ietf:params:netconf:base:1.1</capability>' +
  '<capability>urn:ietf:params:netconf:base:1.0</capability>' +
  '</capabilities></hello>'

const MAX_CAPABILITIES = 10_000
const MAX_URI_LENGTH = 16_384
const MAX_DEPTH = 16
/** What may stand before the hello: login banners, comments, replies that nobody asked for. */
export const MAX_NOISE_BYTES = 65_536

/**
 * Most devices of a fleet say one of a few dozen hellos, and a large one costs more CPU than the rest of a
 * probe.
 */
const recent = new HelloCache(readHello)

/** What a server said of itself. */
export interface Hello {
  /** Sorted, without repeats, without the white space around them and the control characters in them. */
  capabilities: readonly string[]
  /** Null where it was missing or no number. */
  sessionId: number | null
  base10: boolean
  base11: boolean
  /** What is unusual about it and changes nothing, one sentence each. */
  remarks: readonly string[]
}

/**
 * `none`: the message holds the echo of our hello, or none at all; `violation`: half a sentence on what is
 * wrong.
 */
export type HelloResult = { hello: Hello } | { none: 'echo' | 'other' } | { violation: string }

/** Reads one message of a server, up to and without its delimiter. Never throws; linear in its length. */
export function parseHello(message: Buffer): HelloResult {
  const start = findHello(message.toString('latin1'))
  if ('violation' in start) return start
  if (start.at === null) return { none: 'other' }
  if (start.at > MAX_NOISE_BYTES) return { violation: `more than ${MAX_NOISE_BYTES} bytes stand before it` }
  try {
    const text = decodeXml(message.subarray(start.at), start.encoding, 'reject')
    return isEcho(text) ? { none: 'echo' } : { hello: recent.get(text) }
  } catch (problem) {
    if (problem instanceof XmlViolation) return { violation: problem.message }
    throw problem
  }
}

/** The start of a hello, its XML declaration included; `at` is null where there is no hello. */
type HelloStart = { at: number | null; encoding: string } | { violation: string }

const MARKUP = /<(?:(!--)|(!DOCTYPE)|(\?xml\s)|((?:[\w.-]+:)?hello[\s/>]))/g
const ENCODING = /encoding\s*=\s*["']([\w.:-]+)["']/

/** Looks past comments, login noise and other elements, in one pass; `text` is bytes read as Latin-1. */
export function findHello(text: string): HelloStart {
  let declared: { at: number; encoding: string } | null = null
  let hasDoctype = false
  MARKUP.lastIndex = 0
  for (let found = MARKUP.exec(text); found; found = MARKUP.exec(text)) {
    const [, comment, doctype, declaration] = found
    if (doctype) {
      // A page of HTML has one as well: only with a hello is it the hello's.
      hasDoctype = true
    } else if (comment) {
      const end = text.indexOf('-->', found.index)
      if (end === -1) break
      MARKUP.lastIndex = end
    } else if (declaration) {
      const end = text.indexOf('?>', found.index)
      if (end === -1) break
      const encoding =
        ENCODING.exec(text.slice(found.index, Math.min(end, found.index + 200)))?.[1] ?? 'utf-8'
      declared = { at: found.index, encoding: encoding.toLowerCase() }
      MARKUP.lastIndex = end
    } else {
      if (hasDoctype) return { violation: 'it declares a document type (DTD), which NETCONF forbids' }
      // With something but white space in between, the declaration belongs to another document.
      const own = declared !== null && /^[^>]*\?>\s*$/.test(text.slice(declared.at, found.index))
      if (declared !== null && own) return declared
      return { at: found.index, encoding: declared?.encoding ?? 'utf-8' }
    }
  }
  return { at: null, encoding: 'utf-8' }
}

function isEcho(text: string): boolean {
  const ours = withoutSpace(CLIENT_HELLO)
  if (text.length > 2 * CLIENT_HELLO.length) return false
  return ours.endsWith(withoutSpace(text))
}

function withoutSpace(text: string): string {
  return text.replace(/\s+/g, '')
}

function readHello(text: string): Hello {
  const capabilities = new Set<string>()
  let sessionId: string | null = null
  let path: 'capability' | 'session-id' | null = null
  let inCapabilities = false
  let lists = 0
  let sessionIds = 0
  let value = ''

  walkXml(text, MAX_DEPTH, {
    open({ uri, local }, depth) {
      const known = uri === BASE_NAMESPACE || uri === ''
      if (depth === 1 && !known) {
        throw new XmlViolation(`its namespace is ${excerpt(uri)}, not ${BASE_NAMESPACE}`)
      }
      if (depth === 2) {
        inCapabilities = known && local === 'capabilities'
        if (inCapabilities) lists += 1
      }
      const isCapability = depth === 3 && inCapabilities && local === 'capability'
      const isSessionId = depth === 2 && local === 'session-id'
      path = known && isCapability ? 'capability' : known && isSessionId ? 'session-id' : null
      value = ''
    },
    text(piece) {
      if (path === null) return
      value += piece
      if (value.length > MAX_URI_LENGTH) {
        throw new XmlViolation(`a ${path} is longer than ${MAX_URI_LENGTH} characters`)
      }
    },
    close() {
      if (path === 'capability') {
        // No URI has one (RFC 3986 section 2), and a terminal obeys them.
        const uri = value.replace(/\p{Cc}+/gu, '').trim()
        if (uri !== '') capabilities.add(uri)
        if (capabilities.size > MAX_CAPABILITIES) {
          throw new XmlViolation(`it has more than ${MAX_CAPABILITIES} capabilities`)
        }
      } else if (path === 'session-id') {
        sessionId ??= value.trim()
        sessionIds += 1
      }
      path = null
    },
  })

  const uris = [...capabilities].sort()
  const id = asSessionId(sessionId)
  const remarks = [
    ...(id === null ? [remarkOnSessionId(sessionId)] : []),
    ...(sessionIds > 1 ? [`The hello has ${sessionIds} session-ids; the first counts.`] : []),
    ...(lists > 1 ? [`The hello has ${lists} lists of capabilities; all of them count.`] : []),
  ]
  return { capabilities: uris, sessionId: id, ...offeredBases(uris), remarks }
}

function remarkOnSessionId(text: string | null): string {
  if (text === null) return 'The hello has no session-id.'
  if (text === '') return 'The session-id of the hello is empty.'
  return `The session-id of the hello is "${excerpt(text)}", not a number from 1 to 4294967295.`
}

/** RFC 6241 section 8.1: a session-id is an unsigned 32-bit number, not 0. */
function asSessionId(text: string | null): number | null {
  if (text === null || !/^\d{1,10}$/.test(text)) return null
  const id = Number(text)
  return id > 0 && id <= 0xffff_ffff ? id : null
}
