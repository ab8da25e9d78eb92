import { isUtf8 } from 'node:buffer'
import { Socket } from 'node:net'
import { excerpt, type ProbeFailure } from '../protocol/failure.ts'

/** Enough for a key exchange, a login and a long banner. */
const MAX_BYTES_BEFORE_LOGIN = 65_536
/** Enough for the largest hello and megabytes of standard error before it. */
const MAX_BYTES = 16 * 1024 * 1024
/** RFC 4253 section 4.2 allows lines before the identification, and says nothing of how many. */
const MAX_PREAMBLE_BYTES = 16_384
const MAX_OPENING_BYTES = 8192

const LF = 0x0a
const IDENTIFICATION = /^SSH-(\d+\.\d+)-(.*)$/
/** RFC 4253 section 5.1: 1.99 is a server that speaks version 1 as well. */
const VERSION_2 = /^(1\.99|2\.\d+)$/
/** The first words of other services: HTTP, FTP or SMTP, POP3, IMAP, VNC, rsync. */
const OTHER_SERVICE = /^(HTTP\/|<(!DOCTYPE|html)\b|[245]\d\d[ -]|\+OK|-ERR|\* (OK|BYE)|RFB |@RSYNCD:)/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of them; telnet, TLS and garbage do
const BINARY = /[\x00-\x08\x0e-\x1a\x1c-\x1f\xff]/

/** The first bytes of services that are told by their name: what they send cannot be quoted. */
const BINARY_SERVICES: readonly { name: string; start: RegExp }[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an alert or a handshake (RFC 8446 section 5.1)
  { name: 'TLS', start: /^[\x15\x16]\x03[\x00-\x04]/ },
  { name: 'Telnet', start: /^\xff[\xfb-\xfe]/ },
]

/**
 * An empty line, upon which the SSH library tells that there is a greeting, and so that the identification
 * was read.
 */
const BEFORE_IDENTIFICATION = '\r\n'

/** Destroys a socket whose peer does what no SSH server does. */
export class PeerViolation extends Error {
  readonly failure: ProbeFailure

  constructor(failure: ProbeFailure) {
    super(failure.message)
    this.failure = failure
  }
}

/**
 * A TCP socket to an SSH server that reads the identification (RFC 4253 section 4.2) before it hands on a
 * byte: it drops the lines before it, joins it when it comes in pieces (the SSH library loses all but the
 * last), and tells a service that is not SSH. An identification without a name is handed on with one, for the
 * SSH library takes no other. Counts what the peer sends and breaks off with a `PeerViolation` past a cap.
 */
export class SshSocket extends Socket {
  /** What follows `SSH-2.0-` in the identification, as an excerpt; null until it came. */
  identification: string | null = null
  /** The identification as it came, in Latin-1, without the end of its line; empty until it came. */
  identificationLine = ''
  /** Bytes that the peer sent. */
  received = 0
  #limit = MAX_BYTES_BEFORE_LOGIN
  #line: Buffer[] = []
  #firstLine = ''
  #lastLine = ''
  #opening: Buffer[] | null = []

  /**
   * The first and the last line that came before an identification, as excerpts, finished or not: a greeting
   * may stand before the reason for what follows. Empty if none came.
   */
  get preamble(): string {
    const begun = wordsOf(Buffer.concat(this.#line))
    const last = 'SSH-'.startsWith(begun.slice(0, 4)) ? this.#lastLine : begun
    return this.#firstLine === '' || this.#firstLine === last ? last : `${this.#firstLine} … ${last}`
  }

  /**
   * What the peer sent first after its identification, for its list of algorithms; empty after `loggedIn`.
   */
  get opening(): Buffer {
    return Buffer.concat(this.#opening ?? [])
  }

  /** Raises the cap to what a session may need. */
  loggedIn(): void {
    this.#limit = MAX_BYTES
    this.#opening = null
  }

  override push(chunk: Buffer | null, encoding?: BufferEncoding): boolean {
    if (chunk === null) return super.push(null)
    this.received += chunk.length
    if (this.received > this.#limit) {
      const when = this.#opening === null ? '' : ' before the login was done'
      return this.#breakOff(
        `The device sent more than ${this.#limit} bytes${when}; check what listens on the port.`,
      )
    }
    const bytes = this.identification === null ? this.#readIdentification(chunk) : chunk
    if (bytes === null) return !this.destroyed
    if (bytes === chunk && this.received <= MAX_PREAMBLE_BYTES + MAX_OPENING_BYTES) this.#opening?.push(chunk)
    this.joinWrites()
    return super.push(bytes, encoding)
  }

  /**
   * Holds writes back until all that is done in this turn is done: what is answered to one packet goes out as
   * one, with one system call, where the library alone makes three for each message.
   */
  joinWrites(): void {
    if (this.writableCorked > 0) return
    this.cork()
    // The tick comes after every promise that is settled by now has been followed up.
    queueMicrotask(() => process.nextTick(() => this.flush()))
  }

  /** Sends what is held back now. */
  flush(): void {
    if (this.writableCorked > 0) this.uncork()
  }

  /** Returns the identification line and what follows it, null while it is not complete. */
  #readIdentification(chunk: Buffer): Buffer | null {
    let start = 0
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      const bytes = Buffer.concat([...this.#line, chunk.subarray(start, end)])
      this.#line = []
      const line = bytes.toString('latin1').replace(/\r+$/, '')
      const found = IDENTIFICATION.exec(line)
      if (found !== null) return this.#identify(found, chunk.subarray(end + 1))
      if (line.startsWith('SSH-')) {
        this.#breakOff(
          `The device sent the SSH identification "${excerpt(line)}", which is malformed; check its SSH server.`,
        )
        return null
      }
      this.#refuseOtherService(line)
      if (this.destroyed) return null
      const words = wordsOf(bytes)
      this.#firstLine ||= words
      this.#lastLine = words || this.#lastLine
      start = end + 1
    }
    const rest = chunk.subarray(start)
    if (this.#line.length === 0) this.#refuseOtherService(rest.toString('latin1'))
    this.#line.push(rest)
    if (this.received > MAX_PREAMBLE_BYTES) {
      this.#breakOff(
        `The device sent ${MAX_PREAMBLE_BYTES} bytes without an SSH identification; check that it is SSH that listens on the port.`,
      )
    }
    return null
  }

  #identify(found: RegExpExecArray, rest: Buffer): Buffer | null {
    const [line, version = '', software = ''] = found
    if (!VERSION_2.test(version)) {
      this.#breakOff(
        `The device identifies itself as "${excerpt(line)}" and speaks SSH ${version} only; turn on SSH version 2.`,
      )
      return null
    }
    this.identification = excerpt(software)
    this.identificationLine = line
    this.#opening?.push(rest)
    const named = /^[^ ]/.test(software) ? software : `unnamed${software}`
    return Buffer.concat([Buffer.from(`${BEFORE_IDENTIFICATION}SSH-2.0-${named}\r\n`, 'latin1'), rest])
  }

  #refuseOtherService(text: string): void {
    if (!OTHER_SERVICE.test(text) && !BINARY.test(text)) return
    const service = BINARY_SERVICES.find(({ start }) => start.test(text))
    if (service !== undefined) {
      this.#breakOff(
        `Not SSH: the device speaks ${service.name} on this port; NETCONF over SSH is usually on 830 or 22.`,
      )
      return
    }
    const said = excerpt(text)
    const what = said === '' ? 'bytes that are not text' : `"${said}"`
    this.#breakOff(`Not SSH: the device sent ${what} instead of an SSH identification; check the port.`)
  }

  #breakOff(message: string): false {
    // Past the login it is NETCONF that the bytes belong to.
    this.destroy(
      new PeerViolation({ outcome: this.#opening === null ? 'PROTOCOL_ERROR' : 'SSH_FAILED', message }),
    )
    return false
  }
}

/** An excerpt of a line for a person, who may write in UTF-8. */
function wordsOf(line: Buffer): string {
  return excerpt(line.toString(isUtf8(line) ? 'utf8' : 'latin1'))
}
