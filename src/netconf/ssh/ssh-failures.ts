import { excerpt, type ProbeFailure } from '../outcome/failure.ts'
import type { ProbeOutcome, ProbePhase } from '../outcome/outcome.ts'
import { type AlgorithmOffer, findMismatch, type Kind } from './ssh-algorithms.ts'

/** The names of the phases in a sentence. */
const DURING: Partial<Record<ProbePhase, string>> = {
  KEY_EXCHANGE: 'the key exchange',
  AUTHENTICATE: 'the login',
  SUBSYSTEM: 'the request for the netconf subsystem',
}

function during(phase: ProbePhase): string {
  return DURING[phase] ?? 'the NETCONF session'
}

/**
 * The error codes of a process or a machine without files or memory left. They say nothing about the device.
 */
const SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'])

/** Returns the failure if a system call failed for lack of files or memory; null for any other error. */
export function shortageFailure(code: string): ProbeFailure | null {
  if (!SHORTAGES.has(code)) return null
  return {
    outcome: 'SKIPPED',
    message:
      `This machine could not open a socket (${code}); ` +
      'raise its limit of open files or lower throttle.concurrency.',
    shortage: true,
  }
}

/**
 * Returns the failure of a TCP connection that was not established. `where` is, for example, `10.0.0.1 port
 * 830`.
 */
export function connectFailure(code: string, where: string): ProbeFailure {
  const shortage = shortageFailure(code)
  if (shortage !== null) return shortage
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET') {
    const how = code === 'ECONNREFUSED' ? 'refused' : 'reset'
    return {
      outcome: 'CONNECTION_REFUSED',
      message:
        `The TCP connection to ${where} was ${how}; ` +
        'check that NETCONF over SSH is on and listens on that port.',
    }
  }
  return {
    outcome: 'UNREACHABLE',
    message:
      `No TCP connection to ${where} (${code}); ` +
      'check the address, the route and the firewalls on the way.',
  }
}

/** The port of NETCONF over TLS (RFC 7589 section 3). OpenSSL closes an SSH connection without an answer. */
const TLS_PORT = 6513

/**
 * Returns the failure of a connection that ended before the identification, after the lines of `preamble` if
 * any. An SSH server sends such lines to refuse a client for lack of room; other services were detected
 * before.
 */
export function refusedFailure(preamble: string, port: number): ProbeFailure {
  const said = preamble === '' ? '' : `, and said "${preamble}"`
  return {
    outcome: 'CONNECTION_REFUSED',
    message:
      `The device took the TCP connection and closed it before SSH began${said}; ` +
      (port === TLS_PORT
        ? `port ${TLS_PORT} is that of NETCONF over TLS, that over SSH is usually 830 or 22.`
        : 'check its access list and its limit of SSH sessions.'),
  }
}

/**
 * Returns the failure of a connection that ended after the identification. See `findMismatch` for `opening`.
 */
export function lostFailure(
  phase: ProbePhase,
  code: string | null,
  opening: Buffer,
  offer: AlgorithmOffer,
): ProbeFailure {
  const mismatch = phase === 'KEY_EXCHANGE' ? mismatchFailure(opening, offer) : null
  if (mismatch !== null) return mismatch
  const how = code === null ? 'closed the connection' : `broke the connection off (${code})`
  return {
    outcome: 'CONNECTION_LOST',
    message: `The device ${how} during ${during(phase)}; check its SSH log.`,
  }
}

/** The descriptions of the reason codes of RFC 4253 section 11.1. */
const REASONS: Readonly<Record<number, string>> = {
  1: 'host not allowed to connect',
  2: 'protocol error',
  3: 'key exchange failed',
  5: 'MAC error',
  6: 'compression error',
  7: 'service not available',
  8: 'protocol version not supported',
  9: 'host key not verifiable',
  10: 'connection lost',
  11: 'by application',
  12: 'too many connections',
  13: 'authentication cancelled by the user',
  14: 'no more authentication methods',
  15: 'illegal user name',
}

/** Returns the failure for an SSH_MSG_DISCONNECT (RFC 4253 section 11.1). Its description may be empty. */
export function disconnectFailure(phase: ProbePhase, reason: number, description: string): ProbeFailure {
  const outcome = outcomeOfDisconnect(phase, reason)
  const words = excerpt(description)
  const why = words === '' ? `, with the reason "${REASONS[reason] ?? reason}"` : ` and said "${words}"`
  const check =
    outcome === 'AUTH_FAILED'
      ? 'the credential'
      : outcome === 'CONNECTION_REFUSED'
        ? 'its access list and its limit of SSH sessions'
        : 'its SSH log'
  return { outcome, message: `The device ended SSH during ${during(phase)}${why}; check ${check}.` }
}

function outcomeOfDisconnect(phase: ProbePhase, reason: number): ProbeOutcome {
  if (reason === 1 || reason === 12) return 'CONNECTION_REFUSED'
  if (phase === 'KEY_EXCHANGE' && [2, 3, 5, 6, 8, 9].includes(reason)) return 'SSH_FAILED'
  // OpenSSH reports too many rejected logins as a protocol error. Each attempt counts toward a lock-out, so
  // the credential must not be tried again at once.
  if (phase === 'AUTHENTICATE' && [2, 13, 14, 15].includes(reason)) return 'AUTH_FAILED'
  return 'CONNECTION_LOST'
}

/** Returns the failure for an SSH protocol error that the library reports. */
export function protocolFailure(
  phase: ProbePhase,
  text: string,
  opening: Buffer,
  offer: AlgorithmOffer,
): ProbeFailure {
  const known =
    phase === 'KEY_EXCHANGE' ? (mismatchFailure(opening, offer) ?? plainTextFailure(opening)) : null
  return (
    known ?? {
      outcome: 'SSH_FAILED',
      message: `SSH failed during ${during(phase)} (${excerpt(text)}); check the SSH server of the device.`,
    }
  )
}

/** The server has no room for another channel (RFC 4254 section 5.1). */
const RESOURCE_SHORTAGE = 4

/**
 * Returns the failure for a channel or subsystem that was refused. `reason` is null if only the subsystem
 * was.
 */
export function subsystemFailure(reason: number | null, text: string): ProbeFailure {
  if (reason === RESOURCE_SHORTAGE) {
    const message = 'The device has no room for another SSH channel; check its limit of NETCONF sessions.'
    return { outcome: 'CONNECTION_LOST', message }
  }
  // The library adds a prefix to the device's own words, which are often empty.
  const said = reason === null ? '' : excerpt(text.replace(/^\(SSH\) Channel open failure:\s*/, ''))
  const detail = said === '' ? '' : ` (${said})`
  return {
    outcome: 'NO_NETCONF',
    message:
      `The login worked, but the device refused the netconf subsystem${detail}; ` +
      'turn on NETCONF over SSH there.',
  }
}

/** Matches a line of text, which never begins a key exchange. */
const TEXT = /^[\t\x20-\x7e]{4,}\r?\n/

/**
 * Returns the failure if a server refuses the client in plain text after its identification; null if it does
 * not.
 */
function plainTextFailure(opening: Buffer): ProbeFailure | null {
  const [line] = TEXT.exec(opening.toString('latin1')) ?? []
  if (line === undefined) return null
  return {
    outcome: 'CONNECTION_REFUSED',
    message:
      `The device said "${excerpt(line)}" in place of a key exchange; ` +
      'check its access list and its limit of SSH sessions.',
  }
}

/** The name of each kind of algorithm, and an algorithm that most devices have. */
const KINDS: Readonly<Record<Kind, { what: string; common: string }>> = {
  kex: { what: 'key exchange algorithm', common: 'diffie-hellman-group14-sha256' },
  serverHostKey: { what: 'host key algorithm', common: 'rsa-sha2-256' },
  cipher: { what: 'cipher', common: 'aes128-ctr' },
  hmac: { what: 'MAC', common: 'hmac-sha2-256' },
  compress: { what: 'compression', common: 'compression "none"' },
}

function mismatchFailure(opening: Buffer, offer: AlgorithmOffer): ProbeFailure | null {
  const mismatch = findMismatch(opening, offer)
  if (mismatch === null) return null
  const lacks = mismatch.kinds.map(
    ({ kind, offered }) =>
      `${KINDS[kind].what} in common: ` +
      `the device offers ${offered.length === 0 ? 'none' : `only ${excerpt(offered.join(', '))}`}`,
  )
  const instead = mismatch.kinds.map(({ kind }) => KINDS[kind].common).join(' and ')
  const legacy = mismatch.legacyHelps
    ? ', or allow it legacy algorithms (probe.legacyAlgorithms, or --legacy for a single probe)'
    : ''
  return {
    outcome: 'SSH_FAILED',
    message: `No ${lacks.join('; no ')}; turn on ${instead} there${legacy}.`,
  }
}

/**
 * Returns the reason code for a refused channel (RFC 4254 section 5.1); null if the channel was not refused.
 */
export function reasonOf(refusal: Error): number | null {
  const reason: unknown = Reflect.get(refusal, 'reason')
  return typeof reason === 'number' ? reason : null
}

/** The meaning of a shell's own exit statuses (POSIX, section 2.8.2). */
const EXIT_STATUSES: ReadonlyMap<number, string> = new Map([
  [126, 'could not be run'],
  [127, 'not found'],
])

/**
 * Describes how the program behind a subsystem ended (RFC 4254 section 6.10), as half a sentence; null if it
 * ended well. For a subsystem that could not start, OpenSSH reports nothing else.
 */
export function describeExit(status: number | null, signal = ''): string | null {
  if (status === null) return `its program was ended by ${excerpt(signal)}`
  if (status === 0) return null
  const meaning = EXIT_STATUSES.get(status)
  return `its program ended with exit status ${status}${meaning === undefined ? '' : `: ${meaning}`}`
}
