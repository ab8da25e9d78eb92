import { STATUS_CODES } from 'node:http'
import type { PeerCertificate } from 'node:tls'
import { formatDuration } from '../../base/durations.ts'
import type { RollcallError } from '../../base/errors.ts'
import { sourceFailure } from '../source.ts'

const MEBIBYTE = 1024 * 1024

/** Returns a URL for a person, without its query, which may hold a secret. */
export function nameOf(url: URL): string {
  return `${url.origin}${url.pathname}`
}

export function tooMuch(url: URL, maxBytes: number): RollcallError {
  const limit = Math.ceil(maxBytes / MEBIBYTE)
  return sourceFailure(
    nameOf(url),
    `answers with more than ${limit} MiB; check what it is, ` +
      'and take fewer at a time or split it over several sources.',
  )
}

export function outOfTime(url: URL, limitMs: number): RollcallError {
  return sourceFailure(
    nameOf(url),
    `took longer than ${formatDuration(limitMs)} in all; ` +
      'raise the source\'s "totalTimeout", or see why it is slow.',
  )
}

/**
 * Returns the failure for a status that is no success. `detail` is the server's explanation, without secrets.
 */
export function statusFailure(
  url: URL,
  status: number,
  { hasLogin, tries, detail }: { hasLogin: boolean; tries: number; detail: string | null },
): RollcallError {
  const said =
    `HTTP ${status} ${STATUS_CODES[status] ?? ''}`.trimEnd() + (detail === null ? '' : `: ${detail}`)
  return sourceFailure(nameOf(url), statusProblem(status, said, hasLogin, tries))
}

function statusProblem(status: number, said: string, hasLogin: boolean, tries: number): string {
  if (status === 401 || status === 403) {
    return hasLogin
      ? `refused the source's login (${said}); check its token, ` +
          'or its user name and password, and what they may read.'
      : `asks for a login (${said}); give the source "tokenEnv", or "username" and "passwordEnv".`
  }
  if (status === 404 || status === 410) return `is not there (${said}); correct the source's "url".`
  if (status === 429)
    return (
      `takes no more requests for now (${said}), tried ${tries} times; ` +
      'sync less often, or have its limit raised.'
    )
  if (status >= 500) return `failed to answer (${said}), tried ${tries} times; see what is wrong with it.`
  return `did not answer with the inventory (${said}); check the source's settings.`
}

const SELF_SIGNED = 'DEPTH_ZERO_SELF_SIGNED_CERT'
const FOR_ANOTHER_HOST = 'ERR_TLS_CERT_ALTNAME_INVALID'

/** The problems of certificates, by the code of Node.js. Another try does not help. */
const CERTIFICATE_PROBLEMS: Readonly<Record<string, string>> = {
  [SELF_SIGNED]: 'is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'goes back to an authority that is not known',
  UNABLE_TO_GET_ISSUER_CERT: 'goes back to an authority that is not known',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'goes back to an authority that is not known',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'goes back to an authority that is not known',
  CERT_UNTRUSTED: 'goes back to an authority that is not trusted',
  CERT_SIGNATURE_FAILURE: 'has a signature that is wrong',
  CERT_HAS_EXPIRED: 'has expired',
  CERT_NOT_YET_VALID: 'is not valid yet',
  CERT_REVOKED: 'was revoked',
  [FOR_ANOTHER_HOST]: 'is for another host',
}

const CONNECTION_PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections; check the source\'s "url", and whether the server runs',
  ENOTFOUND: 'is at a host that does not exist; correct the source\'s "url"',
  EAI_AGAIN: 'is at a host whose name could not be looked up; check the name server',
  EHOSTUNREACH: 'cannot be reached; check the network and the source\'s "url"',
  ENETUNREACH: 'cannot be reached; check the network and the source\'s "url"',
  ECONNRESET: 'cut the connection before it had answered as a whole; see what is wrong with it',
}

/** Tells whether a connection that failed with this code will fail again. */
export function isLasting(code: string): boolean {
  return code in CERTIFICATE_PROBLEMS || code === 'ENOTFOUND' || /^(?:ERR_TLS|ERR_SSL|EPROTO|HPE_)/.test(code)
}

interface FailedConnection {
  code: string
  message: string
  cause?: unknown
}

/**
 * Returns the failure for a connection that could not be made or broke. `code` is one of Node.js, SILENT or
 * UPGRADE.
 */
export function connectionFailure(url: URL, failure: FailedConnection, timeoutMs: number): RollcallError {
  return sourceFailure(nameOf(url), `${connectionProblem(failure, timeoutMs)}.`)
}

/** Returns the first host name in the certificate that failed the check. */
function nameInCertificate(failure: unknown): string | null {
  if (!(failure instanceof Error && 'cert' in failure)) return null
  const { subjectaltname = '', subject } = failure.cert as Partial<PeerCertificate>
  const names = subjectaltname.split(', ').map((name) => /^DNS:([\w*.-]{1,253})$/.exec(name)?.[1])
  const commonName = /^[\w*.-]{1,253}$/.exec(String(subject?.CN))?.[0]
  return names.find((name) => name !== undefined) ?? commonName ?? null
}

function connectionProblem({ code, message, cause }: FailedConnection, timeoutMs: number): string {
  const certificate = CERTIFICATE_PROBLEMS[code]
  if (code === FOR_ANOTHER_HOST) {
    const name = nameInCertificate(cause)
    return (
      `shows a certificate that ${certificate}${name === null ? '' : `, ${name}`}; ` +
      'use a name that it has in the source\'s "url", or give that name as its "tlsServerName"'
    )
  }
  if (certificate !== undefined) {
    const trusted = code === SELF_SIGNED ? 'that certificate itself' : 'the authority behind it'
    return (
      `shows a certificate that ${certificate}; ` +
      `have it replaced, or name ${trusted} in the source's "caFile"`
    )
  }
  if (code === 'SILENT') {
    return `was silent for ${formatDuration(timeoutMs)}; raise the source's "timeout", or see why it is slow`
  }
  return CONNECTION_PROBLEMS[code] ?? `cannot be talked to (${code}: ${message}); check the source's "url"`
}

const MAX_BYTES = 16 * 1024
const SHOWN_LENGTH = 200
/** Shorter secrets are part of many ordinary words. */
const MIN_SECRET_LENGTH = 4

/**
 * Returns the reason that an error answer gives in JSON, on one line and without the secrets; null if the
 * answer is not JSON, too long, or incomplete. SWIS has the reason in `Message`, NetBox in `detail`.
 */
export async function readServerWords(
  { body }: { body: AsyncIterable<Uint8Array> },
  secrets: readonly string[],
): Promise<string | null> {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of body) {
    length += piece.length
    if (length > MAX_BYTES) return null
    pieces.push(piece)
  }
  const words = wordsOf(Buffer.concat(pieces).toString())
  if (words === null) return null
  const clean = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .reduce((text, secret) => text.replaceAll(secret, '[secret]'), words)
  const line = clean
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .toWellFormed()
  return line.length > SHOWN_LENGTH ? `${line.slice(0, SHOWN_LENGTH)}…` : line || null
}

function wordsOf(text: string): string | null {
  try {
    const said: unknown = JSON.parse(text)
    if (typeof said !== 'object' || said === null) return null
    const words: unknown = 'Message' in said ? said.Message : 'detail' in said ? said.detail : null
    return typeof words === 'string' ? words.replace(/\.$/, '') : text
  } catch {
    return null
  }
}
