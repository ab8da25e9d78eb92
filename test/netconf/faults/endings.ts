import type { ProbeOutcome, ProbePhase } from '../../../src/netconf/outcome/outcome.ts'
import type { ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import type { FaultName } from '../../../src/simulator/faults.ts'

/** How a probe of a faulty device has to end. The table in README.md, in this folder, says the same. */
export interface Ending {
  layer: 'TCP' | 'SSH' | 'NETCONF'
  outcome: ProbeOutcome
  /** More than one where the network decides. */
  phase: ProbePhase | readonly ProbePhase[]
  /** Null: none. */
  message: RegExp | null
  /** Whether it is the deadline that ends it. */
  stalls?: true
  task?: Partial<ProbeTask>
  /** The one remark on it that does not change the outcome. */
  note?: RegExp
}

type End = Omit<Ending, 'layer'>

function refused(phase: Ending['phase'], message: RegExp): End {
  return { outcome: 'CONNECTION_REFUSED', phase, message }
}

function timeout(phase: ProbePhase, message: RegExp): End {
  return { outcome: 'TIMEOUT', phase, message, stalls: true }
}

function notSsh(message: RegExp, phase: ProbePhase = 'KEY_EXCHANGE'): End {
  return { outcome: 'SSH_FAILED', phase, message }
}

function lost(phase: ProbePhase, message: RegExp): End {
  return { outcome: 'CONNECTION_LOST', phase, message }
}

function noLogin(message: RegExp): End {
  return { outcome: 'AUTH_FAILED', phase: 'AUTHENTICATE', message }
}

function noNetconf(message: RegExp): End {
  return { outcome: 'NO_NETCONF', phase: 'SUBSYSTEM', message }
}

function noHello(message: RegExp): End {
  return { outcome: 'PROTOCOL_ERROR', phase: 'HELLO', message }
}

const SUPPORTED: End = { outcome: 'SUPPORTED', phase: 'CLOSE', message: null }

/** A session whose facts are asked for in vain. */
function factless(note: RegExp): End {
  return { ...SUPPORTED, task: { readFacts: true }, note }
}

const DENIED =
  /answered with an error instead of a hello: resource-denied: maximum number of sessions reached[,;]/

/**
 * The second where it was asked to close the session in the same flight, and the machine was too busy to ask it again
 * in time without that.
 */
const NO_FACTS = /did not answer in time when it was asked for its facts|closed the session without an answer/

function on<Name extends string>(layer: Ending['layer'], ends: Record<Name, End>): Record<Name, Ending> {
  const entries = Object.entries<End>(ends).map(([name, end]) => [name, { layer, ...end }])
  return Object.fromEntries(entries)
}

export const ENDINGS: Record<FaultName, Ending> = {
  ...on('TCP', {
    'closes-at-once': refused('KEY_EXCHANGE', /closed it before SSH began; check/),
    // The reset may come before the connection counts as made.
    'resets-at-once': refused(
      ['CONNECT', 'KEY_EXCHANGE'],
      /was reset; check|closed it before SSH began; check/,
    ),
    'silent-after-accept': timeout('KEY_EXCHANGE', /took the connection but sent no SSH identification/),
    'greets-and-waits': timeout('KEY_EXCHANGE', /sent "Authorized access only." but no SSH identification/),
    'turns-away': refused('KEY_EXCHANGE', /before SSH began, and said "Too many users, try later."; check/),
    'greets-and-turns-away': refused(
      'KEY_EXCHANGE',
      /and said "Authorized access only. … Exceeded MaxStartups"; check/,
    ),
    'speaks-http': notSsh(
      /^Not SSH: the device speaks HTTP on this port and sent "HTTP\/1.1 400 Bad Request"; NETCONF/,
    ),
    'speaks-telnet': notSsh(/^Not SSH: the device speaks Telnet on this port/),
    'floods-garbage': notSsh(/^Not SSH: the device sent/),
    'floods-lines': notSsh(/sent 16384 bytes without an SSH identification/),
    'floods-one-line': notSsh(/sent 16384 bytes without an SSH identification/),
    'one-byte-a-second': timeout('KEY_EXCHANGE', /sent no SSH identification within/),
    'one-byte-a-packet': SUPPORTED,
    'closes-without-fin': SUPPORTED,
  }),
  ...on('SSH', {
    'speaks-ssh-1': notSsh(/speaks SSH 1.5 only; turn on SSH version 2/),
    'malformed-identification': notSsh(/identification "SSH-2.0_Router", which is malformed; check/),
    'nameless-identification': SUPPORTED,
    'blank-identification': SUPPORTED,
    'silent-after-identification': timeout('KEY_EXCHANGE', /\(Cisco-1.25\) did not finish the key exchange/),
    'closes-after-identification': lost('KEY_EXCHANGE', /closed the connection during the key exchange/),
    'resets-after-identification': lost('KEY_EXCHANGE', /\(ECONNRESET\) during the key exchange/),
    'no-common-algorithm': notSsh(
      /^No key exchange algorithm in common: .*only diffie-hellman-group-exchange/,
    ),
    'stops-in-key-exchange': timeout('KEY_EXCHANGE', /did not finish the key exchange within/),
    'closes-in-key-exchange': lost('KEY_EXCHANGE', /closed the connection during the key exchange/),
    'resets-in-key-exchange': lost('KEY_EXCHANGE', /\(ECONNRESET\) during the key exchange/),
    'disconnects-in-key-exchange': refused('KEY_EXCHANGE', /and said "All VTY lines are in use"; check/),
    'leaves-in-key-exchange': lost('KEY_EXCHANGE', /and said "System is going down for a restart"; check/),
    'floods-ignored-packets': notSsh(/more than 65536 bytes before the login was done/),
    'endless-packet': notSsh(/^SSH failed during the key exchange \(Bad packet length\)/),
    'oversized-packet': notSsh(/^SSH failed during the key exchange \(Bad packet length\)/),
    'lists-cut-off': notSsh(/^SSH failed during the key exchange \(/),
    'empty-host-key': notSsh(/^SSH failed during the key exchange \(.*host public key/),
    'stub-of-a-host-key': notSsh(/^SSH failed during the key exchange \(.*public key/),
    'forged-host-key': notSsh(/^SSH failed during the key exchange \(.*signature verification failed/),
    'point-of-low-order': notSsh(/^SSH failed during the key exchange \(.*computing DH secret/),
    // The second probe: host-key.test.ts.
    'host-key-changes': SUPPORTED,
    'legacy-algorithms': notSsh(/^No key exchange algorithm in common: .*only diffie-hellman-group14-sha1/),
    'chacha20-alone': SUPPORTED,
    'rejects-login': noLogin(
      /^The device rejected the public key and the password for user rollcall; .*check/,
    ),
    'hangs-in-login': timeout('AUTHENTICATE', /did not answer the login of user rollcall within/),
    'rejects-first-key': SUPPORTED,
    'echoes-password': noLogin(/it accepts \[secret\]; check the credential/),
    'asks-in-three-rounds': SUPPORTED,
    'asks-for-a-token': noLogin(/it asked "Token code:"; check the credential/),
    'asks-again': noLogin(/it asked "Password:"; check the credential/),
    'asks-without-end': notSsh(/before the login was done/, 'AUTHENTICATE'),
    'demands-a-new-password': noLogin(/wants a new password for user rollcall; change it there/),
    'long-login-banner': SUPPORTED,
    'closes-in-login': lost('AUTHENTICATE', /closed the connection during the login/),
    'resets-in-login': lost('AUTHENTICATE', /\(ECONNRESET\) during the login/),
    'refuses-channel': noNetconf(/the device refused the netconf subsystem; turn on NETCONF over SSH/),
    'hangs-in-channel': timeout('SUBSYSTEM', /did not answer the request for the netconf subsystem/),
    'refuses-subsystem': noNetconf(/the device refused the netconf subsystem; turn on NETCONF over SSH/),
    'hangs-in-subsystem': timeout('SUBSYSTEM', /did not answer the request for the netconf subsystem/),
    'closes-in-subsystem': lost('SUBSYSTEM', /closed the connection during the request for the netconf/),
    'resets-in-subsystem': lost('SUBSYSTEM', /\(ECONNRESET\) during the request for the netconf/),
  }),
  ...on('NETCONF', {
    'no-hello': timeout('HELLO', /opened netconf but sent no hello within/),
    'stalls-in-hello': timeout('HELLO', /sent \d+ bytes of its hello but not the end of it within/),
    'closes-in-hello': noHello(/closed the session \d+ bytes into its hello, before the end of it/),
    'hangs-up-in-hello': lost('HELLO', /closed the connection during the NETCONF session/),
    'resets-in-hello': lost('HELLO', /\(ECONNRESET\) during the NETCONF session/),
    'drips-hello': timeout('HELLO', /sent \d+ bytes of its hello but not the end of it within/),
    'closes-without-hello': noHello(/closed the session without a hello; check/),
    'exits-instead-of-hello': noHello(
      /without a hello \(its program ended with exit status 127: not found\) and said "sh: netconf-server: not found"; check/,
    ),
    'malformed-hello': noHello(/not well-formed XML \(1:\d+: unexpected close tag\)/),
    'foreign-hello': noHello(
      /its namespace is urn:example:chat, not urn:ietf:params:xml:ns:netconf:base:1.0/,
    ),
    'oversized-hello': noHello(/a message is longer than 4194304 bytes/),
    'billion-laughs': noHello(/declares a document type \(DTD\), which NETCONF forbids/),
    'undefined-entity': noHello(/not well-formed XML \(1:\d+: undefined entity\)/),
    'no-base-version': noHello(/offers neither base:1.0 nor base:1.1 among its 4 capabilities/),
    'hello-in-chunks': { ...noHello(/sent its hello in chunked framing, which begins/), stalls: true },
    'hello-without-delimiter': {
      ...noHello(/sent a hello without the delimiter that ends it/),
      stalls: true,
    },
    'base-with-parameters': SUPPORTED,
    'bare-hello': {
      outcome: 'MISSING_CAPABILITIES',
      phase: 'CLOSE',
      message: /^The device does not offer ietf-interfaces\.$/,
      task: { required: [{ module: 'ietf-interfaces' }] },
    },
    'no-session-id': { ...SUPPORTED, note: /^The hello has no session-id\.$/ },
    'session-id-no-number': { ...SUPPORTED, note: /^The session-id of the hello is "none", not a number/ },
    '2000-capabilities': SUPPORTED,
    '20000-capabilities': noHello(/more than 10000 capabilities/),
    'endless-uri': noHello(/a capability is longer than 16384 characters/),
    'many-attributes': noHello(/an element has more than 64 attributes/),
    'many-elements': noHello(/more than 50000 elements and attributes/),
    'deep-hello': noHello(/nested more than 16 deep/),
    'splits-character': SUPPORTED,
    'cuts-character': noHello(/not valid UTF-8/),
    'closes-in-character': noHello(/closed the session \d+ bytes into its hello, before the end of it/),
    'greets-before-hello': SUPPORTED,
    'rpc-error-before-hello': {
      ...SUPPORTED,
      note: /^Before its hello the device sent "<rpc-reply><rpc-error>/,
    },
    'echoes-before-hello': SUPPORTED,
    'echoes-instead-of-hello': { ...noHello(/sent our own hello back and none of its own/), stalls: true },
    'answers-error-for-hello': { ...noHello(DENIED), stalls: true },
    'answers-error-and-hangs-up': noHello(DENIED),
    'banner-instead-of-hello': {
      ...noHello(/sent "Authorized access only\." instead of a hello; check/),
      stalls: true,
    },
    'prompt-instead-of-hello': timeout('HELLO', /sent "router#" but no hello within/),
    'floods-before-hello': noHello(/a message is longer than 4194304 bytes/),
    'floods-messages': noHello(/more than 65536 bytes before its hello, after "<notification\/>"/),
    'floods-empty-messages': noHello(/more than 65536 bytes before its hello/),
    'five-megabytes-of-stderr': SUPPORTED,
    'floods-stderr': noHello(/more than 16777216 bytes/),
    // What comes after the hello changes nothing about it.
    'silent-after-hello': SUPPORTED,
    'closes-after-hello': SUPPORTED,
    'resets-after-hello': SUPPORTED,
    'two-hellos': {
      ...SUPPORTED,
      note: /framing after its hello: it offers base:1\.1, but a message is not in chunks/,
    },
    'floods-after-hello': {
      ...SUPPORTED,
      note: /^The device broke the NETCONF framing after its hello: a chunk/,
    },
    'chunk-size-0': factless(/a chunk size does not start with a digit from 1 to 9/),
    'chunk-size-4294967296': factless(/a chunk is larger than 4294967295 bytes/),
    'chunk-size-4294967295': factless(/a message is longer than 4194304 bytes/),
    'end-of-message-in-chunks': factless(/it offers base:1\.1, but a message is not in chunks/),
    'closes-without-ok': SUPPORTED,
    'hangs-up-without-ok': SUPPORTED,
    'silent-in-facts': factless(NO_FACTS),
    'resets-in-facts': factless(/session ended .*ietf-system.*\(ECONNRESET\)/),
    'closes-in-facts': factless(/session ended .*ietf-system.*closed the session/),
    'malformed-facts': factless(/cannot be used: it is not well-formed XML \(1:\d+: unexpected close tag\)/),
    'billion-laughs-in-facts': factless(/cannot be used: it declares a document type \(DTD\)/),
    'foreign-message-id': factless(NO_FACTS),
    'floods-facts': factless(/a message is longer than 4194304 bytes/),
    'drips-facts': factless(NO_FACTS),
  }),
}
