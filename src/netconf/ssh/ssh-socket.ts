import { isUtf8 } from 'node:buffer'
import { Socket } from 'node:net'
import { excerpt, type ProbeFailure } from '../outcome/failure.ts'

/** Large enough for a key exchange, a login and a long banner. */
const MAX_BYTES_BEFORE_LOGIN = 65_536
/** Large enough for the largest hello and megabytes of standard error before it. */
const MAX_BYTES = 16 * 1024 * 1024
/** The limit of lines before the identification. RFC 4253 section 4.2 sets none. */
const MAX_PREAMBLE_BYTES = 16_384
const MAX_OPENING_BYTES = 8192

const LF = 0x0a
const IDENTIFICATION = /^SSH-(\d+\.\d+)-(.*)$/
/** Matches version 2. RFC 4253 section 5.1: 1.99 is a server that supports version 1, too. */
const VERSION_2 = /^(1\.99|2\.\d+)$/
/** Matches the first words of other services: HTTP, FTP or SMTP, POP3, IMAP, VNC, rsync. */
const OTHER_SERVICE = /^(HTTP\/|<(!DOCTYPE|html)\b|[245]\d\d[ -]|\+OK|-ERR|\* (OK|BYE)|RFB |@RSYNCD:)/i
// biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of them; telnet, TLS and garbage do
const BINARY = /[\x00-\x08\x0e-\x1a\x1c-\x1f\xff]/

/** The first bytes of services that are reported by name: binary ones, and the most frequent mistake. */
const NAMED_SERVICES: readonly { name: string; start: RegExp }[] = [
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an alert or a handshake (RFC 8446 section 5.1)
  { name: 'TLS', start: /^[\x15\x16]\x03[\x00-\x04]/ },
  { name: 'Telnet', start: /^\xff[\xfb-\xfe]/ },
  { name: 'HTTP', start: /^(HTTP\/|<(!DOCTYPE|html)\b)/i },
]

/**
 * An empty line: it makes the SSH library emit `greeting`, which shows that it has read the identification.
 */
const BEFORE_IDENTIFICATION = '\r\n'

/** The error that destroys a socket whose peer does not behave like an SSH server. */
export class PeerViolation extends Error {
  readonly failure: ProbeFailure

  constructor(failure: ProbeFailure) {
    super(failure.message)
    this.failure = failure
  }
}

/**
 * A TCP socket to an SSH server. It reads the identification (RFC 4253 section 4.2) before it passes any byte
 * on:
 *
 * - It drops the lines before the identification.
 * - It joins an identification that comes in pieces, of which the SSH library would lose all but the last.
 * - It detects services other than SSH.
 * - It adds a name to an identification without one, which the SSH library would refuse.
 *
 * It also counts the bytes of the peer, and fails with a `PeerViolation` above a limit.
 */
export class SshSocket extends Socket {
  /** An excerpt of the identification after `SSH-2.0-`; null until it came. */
  identification: string | null = null
  /** The identification line as it came, in Latin-1, without its line end; empty until it came. */
  identificationLine = ''
  /** The number of bytes that the peer has sent. */
  received = 0
  #limit = MAX_BYTES_BEFORE_LOGIN
  #line: Buffer[] = []
  #firstLine = ''
  #lastLine = ''
  #opening: Buffer[] | null = []
  #unsent: Uint8Array[] = []

  /**
   * Excerpts of the first and the last line, complete or not, that came before an identification. The reason
   * for a refusal may follow a greeting. Empty if no line came.
   */
  get preamble(): string {
    const begun = wordsOf(Buffer.concat(this.#line))
    const last = 'SSH-'.startsWith(begun.slice(0, 4)) ? this.#lastLine : begun
    return this.#firstLine === '' || this.#firstLine === last ? last : `${this.#firstLine} … ${last}`
  }

  /** The first bytes after the identification, with the peer's list of algorithms; empty after `loggedIn`. */
  get opening(): Buffer {
    return Buffer.concat(this.#opening ?? [])
  }

  /** Raises the limit to what a session may need. */
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
    return super.push(bytes, encoding)
  }

  /** Connects to an address. Called once. */
  open(host: string, port: number): void {
    this.connect({ host, port })
    // An override would be lost, since `connect` gives the socket the method of its class as a property.
    this.write = this.#gather
  }

  override end(): this {
    this.flush()
    return super.end()
  }

  /** Sends the gathered writes now. */
  flush(): void {
    const [first] = this.#unsent
    if (first === undefined) return
    const bytes = this.#unsent.length === 1 ? first : Buffer.concat(this.#unsent)
    this.#unsent = []
    if (!this.destroyed) super.write(bytes)
  }

  /**
   * Gathers what is written until the end of this turn, so that everything written in response to one packet
   * leaves with one system call. The library alone makes three for each message. To `cork` the stream would
   * do the same, but costs more for each piece.
   */
  readonly #gather = (piece: string | Uint8Array): boolean => {
    this.#unsent.push(typeof piece === 'string' ? Buffer.from(piece) : piece)
    // A channel passes on in a tick what it has already received, such as the hello behind the acceptance of
    // the subsystem. The second round is for the answer to that.
    if (this.#unsent.length === 1) this.#afterPromises(() => this.#afterPromises(() => this.flush()))
    return true
  }

  /** Calls back in a tick, which runs after the callbacks of all promises that are settled by now. */
  #afterPromises(callback: () => void): void {
    queueMicrotask(() => process.nextTick(callback))
  }

  /** Returns the identification line and the bytes after it; null until the line is complete. */
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
          `The device sent the SSH identification "${excerpt(line)}", ` +
            'which is malformed; check its SSH server.',
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
        `The device sent ${MAX_PREAMBLE_BYTES} bytes without an SSH identification; ` +
          'check that it is SSH that listens on the port.',
        { notSsh: true },
      )
    }
    return null
  }

  #identify(found: RegExpExecArray, rest: Buffer): Buffer | null {
    const [line, version = '', software = ''] = found
    if (!VERSION_2.test(version)) {
      this.#breakOff(
        `The device identifies itself as "${excerpt(line)}" and speaks SSH ${version} only; ` +
          'turn on SSH version 2.',
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
    const service = NAMED_SERVICES.find(({ start }) => start.test(text))
    const said = excerpt(text)
    const what =
      service === undefined
        ? `sent ${said === '' ? 'bytes that are not text' : `"${said}"`} instead of an SSH identification`
        : `speaks ${service.name} on this port${BINARY.test(text) ? '' : ` and sent "${said}"`}`
    this.#breakOff(`Not SSH: the device ${what}; NETCONF over SSH is usually on 830 or 22.`, { notSsh: true })
  }

  #breakOff(message: string, details: Pick<ProbeFailure, 'notSsh'> = {}): false {
    // After the login, the bytes belong to NETCONF.
    const outcome = this.#opening === null ? 'PROTOCOL_ERROR' : 'SSH_FAILED'
    this.destroy(new PeerViolation({ outcome, message, ...details }))
    return false
  }
}

/** Returns an excerpt of a line, which may be in UTF-8. */
function wordsOf(line: Buffer): string {
  return excerpt(line.toString(isUtf8(line) ? 'utf8' : 'latin1'))
}
