import type { ProbeFailure } from '../outcome/failure.ts'
import type { ProbeOutcome, ProbePhase } from '../outcome/outcome.ts'
import type { PreHelloInput } from '../protocol/before-hello.ts'
import type { LibraryAnswer, ProbeTask } from './probe-report.ts'

/** The progress of a probe when its deadline passed. */
export interface Progress {
  task: ProbeTask
  identification: string | null
  /** The first line that came instead of an SSH identification; empty if none came. */
  preamble: string
  /** The input that came instead of a hello. */
  preHelloInput: PreHelloInput
}

/**
 * Returns the failure of a probe whose deadline passed in `phase`: what the device did not do, and what to
 * check.
 */
export function timeoutFailure(phase: ProbePhase, progress: Progress): ProbeFailure {
  const { task } = progress
  const within = `within ${task.timeoutMs / 1000} s`
  if (phase === 'CONNECT') {
    const where = `${task.host} port ${task.port}`
    const message =
      `No answer to the TCP connection to ${where} ${within}; ` +
      'check that it is up and no firewall drops the port.'
    return { outcome: 'UNREACHABLE', message }
  }
  if (phase === 'HELLO' && progress.preHelloInput.kind === 'wrong') {
    const { what } = progress.preHelloInput
    const message = `The device ${what}; check its NETCONF service and its limit of sessions.`
    return { outcome: 'PROTOCOL_ERROR', message }
  }
  return { outcome: 'TIMEOUT', message: missingStep(phase, progress, within) }
}

function missingStep(
  phase: ProbePhase,
  { task, identification, preamble, preHelloInput }: Progress,
  within: string,
): string {
  switch (phase) {
    case 'QUEUED':
    case 'RESOLVE':
      return `The name ${task.host} was not resolved ${within}; check the name server.`
    case 'KEY_EXCHANGE':
      if (preamble !== '') {
        return (
          `The device sent "${preamble}" but no SSH identification ${within}; ` +
          'check that the port is that of SSH.'
        )
      }
      return identification === null
        ? `The device took the connection but sent no SSH identification ${within}; ` +
            'check its load and the port.'
        : `The device${identification && ` (${identification})`} ` +
            `did not finish the key exchange ${within}; check its load.`
    case 'AUTHENTICATE':
      return (
        `The device did not answer the login of user ${task.credential.username} ${within}; ` +
        'check its AAA servers.'
      )
    case 'SUBSYSTEM':
      return (
        `The device did not answer the request for the netconf subsystem ${within}; ` +
        'check its NETCONF service.'
      )
    case 'HELLO':
      return `The device ${missingHello(preHelloInput)} ${within}; check its NETCONF service.`
    default:
      // By then the outcome is known, so this message is not used.
      return `The probe did not end ${within}.`
  }
}

function missingHello(input: PreHelloInput): string {
  if (input.kind === 'part') return `sent ${input.bytes} bytes of its hello but not the end of it`
  return input.kind === 'text' ? `sent ${input.quoted} but no hello` : 'opened netconf but sent no hello'
}

const MAX_NAMED = 5

const UNREAD: Readonly<Record<Exclude<LibraryAnswer, 'read'>, string>> = {
  refused: 'could not be read',
  unanswered: 'did not answer',
}

/**
 * Returns the outcome for a device with an open session that lacks the capabilities `missing`. `library` is
 * null if none was requested.
 */
export function capabilityOutcome(
  missing: readonly string[],
  library: LibraryAnswer | null,
): { outcome: ProbeOutcome; message: string | null } {
  if (missing.length > 0) {
    const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : ''
    const unread =
      library === null || library === 'read'
        ? ''
        : `; its YANG library ${UNREAD[library]}, so modules that only it names count as missing`
    const message = `The device does not offer ${missing.slice(0, MAX_NAMED).join(', ')}${more}${unread}.`
    return { outcome: 'MISSING_CAPABILITIES', message }
  }
  return { outcome: 'SUPPORTED', message: null }
}
