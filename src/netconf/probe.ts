import { isIP } from 'node:net'
import { type Clock, systemClock } from '../base/clock.ts'
import { systemCodeOf } from '../base/errors.ts'
import { isUnspecifiedAddress } from '../base/special-addresses.ts'
import { CarefulPeers } from './careful-peers.ts'
import { type FactsAnswer, hasFactSource, readFacts } from './facts/facts.ts'
import { hasYangLibrary, withYangLibrary } from './facts/yang-library.ts'
import { NameResolver } from './names.ts'
import type { ProbeFailure } from './outcome/failure.ts'
import type { ProbePhase } from './outcome/outcome.ts'
import { missingCapabilities } from './protocol/capabilities.ts'
import { Session } from './protocol/session.ts'
import { capabilityOutcome, timeoutFailure } from './report/endings.ts'
import {
  boundedNotes,
  type DeviceFacts,
  type LibraryAnswer,
  type PhaseTiming,
  type ProbeReport,
  type ProbeTask,
  unknownPeer,
} from './report/probe-report.ts'
import { redact } from './report/redact.ts'
import { shortageFailure } from './ssh/ssh-failures.ts'
import { SshTransport } from './ssh/ssh-transport.ts'

/**
 * The limit for facts and the YANG library, which are optional: some servers answer nothing after their
 * hello.
 */
const MAX_ANSWER_MS = 3000
/** The limit for close-session, which some servers never answer. */
const MAX_CLOSE_MS = 1000

const CANCELLED: ProbeFailure = { outcome: 'CANCELLED', message: 'The probe was cancelled before it ended.' }

const carefulPeers = new CarefulPeers()
const names = new NameResolver()

/**
 * Opens a NETCONF session with one device, compares its capabilities with the required ones, reads its facts,
 * and closes the session. Whatever the peer does, it resolves within `timeoutMs` and a few milliseconds, and
 * leaves no socket, timer or listener behind. An abort destroys the socket at once and ends the probe as
 * CANCELLED. Once the outcome is known, an abort only skips the rest.
 *
 * @param options.onVerdict if the device answered, is called with the report once nothing more is asked of
 * it: before the session is closed, so without the time of CLOSE
 */
export function probe(
  task: ProbeTask,
  signal: AbortSignal,
  { clock = systemClock, onVerdict = () => undefined }: ProbeOptions = {},
): Promise<ProbeReport> {
  return new ProbeRun(task, clock, onVerdict).run(signal)
}

interface ProbeOptions {
  /** Default: the system's. */
  clock?: Clock
  onVerdict?: OnVerdict
}

/** Receives the report of a probe before its connection is closed. */
export type OnVerdict = (report: ProbeReport) => void

/** The findings of an open session so far. */
interface Findings {
  sessionId: number | null
  capabilities: readonly string[]
  missing: string[]
  /** Null if no YANG library was requested. */
  library: LibraryAnswer | null
}

/**
 * One probe. To save round trips, it sends two messages early: the first login request before the server has
 * accepted the login service, and close-session before the reply with the facts. Servers have to take both
 * in their order (RFC 4252 section 5.1, RFC 6241 section 4.4). If the connection ends early all the same, the
 * probe connects again, once, and sends one message at a time. From then on, this process does so with all
 * devices of that software or, if it made no difference, with that device.
 */
class ProbeRun {
  readonly #task: ProbeTask
  readonly #clock: Clock
  readonly #onVerdict: OnVerdict
  readonly #startedAt: number
  readonly #begun: number
  readonly #phases: PhaseTiming[] = []
  readonly #notes: string[] = []
  readonly #peer = unknownPeer()
  /** Resolves when the deadline passes or the probe is aborted. */
  readonly #stop = Promise.withResolvers<ProbeFailure>()
  #phase: ProbePhase = 'QUEUED'
  #phaseBegun: number
  #transport: SshTransport | null = null
  #session: Session | null = null
  #findings: Findings | null = null
  #facts: DeviceFacts | null = null
  #stopped: ProbeFailure | null = null
  #isCareful = false

  constructor(task: ProbeTask, clock: Clock, onVerdict: OnVerdict) {
    this.#task = task
    this.#clock = clock
    this.#onVerdict = onVerdict
    this.#startedAt = clock.now()
    this.#begun = clock.elapsed()
    this.#phaseBegun = this.#begun
  }

  async run(signal: AbortSignal): Promise<ProbeReport> {
    if (signal.aborted) return this.#report(CANCELLED)
    const stop = (failure: ProbeFailure) => {
      this.#stopped ??= failure
      this.#stop.resolve(failure)
    }
    const cancel = () => stop(CANCELLED)
    signal.addEventListener('abort', cancel, { once: true })
    const cancelDeadline = this.#clock.after(this.#task.timeoutMs, () => stop(this.#timeout()))
    try {
      const failure = await Promise.race([this.#openSession(), this.#stop.promise])
      const session = this.#session
      if (failure !== null || session === null) return await this.#report(failure)
      let answers = await this.#readLibrary(session)
      // The library may list the missing capabilities, so without it the outcome is not known.
      const isOpen = !answers && this.#findings?.missing.length !== 0
      if (isOpen && this.#stopped === CANCELLED) return await this.#report(CANCELLED)
      answers &&= await this.#readFacts(session)
      this.#enter('CLOSE')
      if (answers) {
        const closed = this.#session?.close() ?? Promise.resolve()
        this.#transport?.describePeer()
        this.#onVerdict(this.#reportSoFar(null))
        await this.#within(MAX_CLOSE_MS, closed)
      }
      return await this.#report(null)
    } finally {
      cancelDeadline()
      signal.removeEventListener('abort', cancel)
    }
  }

  async #openSession(): Promise<ProbeFailure | null> {
    const { host } = this.#task
    const resolved = await this.#resolve(host)
    if ('failure' in resolved) return resolved.failure
    let failure: ProbeFailure | null = notResolved(host, 'no address')
    for (const [position, address] of resolved.addresses.entries()) {
      if (this.#stopped !== null) break
      const connectWithinMs = this.#shareOf(resolved.addresses.length - position)
      const transport = this.#connect(address, connectWithinMs)
      failure = await transport.open()
      if (failure === null) return this.#exchangeHellos(transport)
      await transport.close()
      if (transport.endedAhead && this.#stopped === null) return this.#openCarefully(transport, address)
      // A name may have an IPv6 address without a route and an IPv4 address with one.
      if (this.#phase !== 'CONNECT') break
    }
    return failure
  }

  #connect(address: string, connectWithinMs: number | null): SshTransport {
    this.#peer.address = address
    this.#transport = new SshTransport({
      address,
      task: this.#task,
      peer: this.#peer,
      clock: this.#clock,
      connectWithinMs,
      enter: (phase) => this.#enter(phase),
      mayHurry: (identification) => {
        this.#isCareful ||= carefulPeers.has(this.#task, identification)
        return !this.#isCareful
      },
    })
    return this.#transport
  }

  /** Connects again after a connection that ended early. */
  async #openCarefully(ended: SshTransport, address: string): Promise<ProbeFailure | null> {
    this.#isCareful = true
    carefulPeers.addDevice(this.#task)
    const transport = this.#connect(address, null)
    const failure = await transport.open()
    if (failure !== null) return failure
    carefulPeers.addSoftware(ended.identificationLine)
    return this.#exchangeHellos(transport)
  }

  /**
   * Returns how long to wait for the next address: an equal share of the time left; null (all of it) for the
   * last.
   */
  #shareOf(addressesLeft: number): number | null {
    if (addressesLeft === 1) return null
    const elapsedMs = this.#clock.elapsed() - this.#begun
    return Math.max(1, (this.#task.timeoutMs - elapsedMs) / addressesLeft)
  }

  async #resolve(host: string): Promise<{ addresses: string[] } | { failure: ProbeFailure }> {
    if (isIP(host) !== 0) {
      return isUnspecifiedAddress(host) ? { failure: unspecified(host) } : { addresses: [host] }
    }
    this.#enter('RESOLVE')
    try {
      const found = await names.resolve(host)
      // A connection to such an address would send the credential to a server on this machine.
      const addresses = found.filter((address) => !isUnspecifiedAddress(address))
      const leadsNowhere = found.length > 0 && addresses.length === 0
      return leadsNowhere ? { failure: resolvedToUnspecified(host, found) } : { addresses }
    } catch (problem) {
      const code = systemCodeOf(problem)
      if (code === undefined) throw problem
      return { failure: shortageFailure(code) ?? notResolved(host, code) }
    }
  }

  async #exchangeHellos(transport: SshTransport): Promise<ProbeFailure | null> {
    this.#enter('HELLO')
    this.#session = new Session(transport)
    const { hello, failure } = await this.#session.open()
    if (hello === null) return failure
    this.#peer.framing = hello.base11 ? 'chunked' : 'end-of-message'
    const { sessionId, capabilities, remarks } = hello
    const { preHelloText } = this.#session
    if (preHelloText !== '') this.#notes.push(`Before its hello the device sent "${preHelloText}".`)
    this.#notes.push(...remarks)
    const missing = missingCapabilities(this.#task.required, capabilities)
    this.#findings = { sessionId, capabilities, missing, library: null }
    return null
  }

  /**
   * Reads the YANG library if it could add something that is needed. Returns false if the device did not
   * answer.
   */
  async #readLibrary(session: Session): Promise<boolean> {
    const found = this.#findings
    if (found === null || !hasYangLibrary(found.capabilities)) return true
    // A hello does not list modules written for YANG 1.1, such as ietf-hardware.
    const lacksFacts = this.#task.readFacts && !hasFactSource(found.capabilities)
    if (found.missing.length === 0 && !lacksFacts) return true
    this.#enter('FACTS')
    const reading = withYangLibrary(session, found.capabilities, this.#notes)
    const capabilities = await this.#answerTo('its YANG library', reading)
    if (!capabilities) {
      const library = capabilities === null ? 'refused' : 'unanswered'
      this.#findings = { ...found, library }
      return library === 'refused'
    }
    const missing = missingCapabilities(this.#task.required, capabilities)
    this.#findings = { ...found, capabilities, missing, library: 'read' }
    return true
  }

  /** Reads the facts, which never changes the outcome. Returns false if the device did not answer. */
  async #readFacts(session: Session): Promise<boolean> {
    const capabilities = this.#findings?.capabilities ?? []
    if (!this.#task.readFacts || !hasFactSource(capabilities)) return true
    if (this.#phase !== 'FACTS') this.#enter('FACTS')
    const notesBefore = [...this.#notes]
    const answer = await this.#answerTo('its facts', this.#askForFacts(session, capabilities))
    this.#facts = answer?.facts ?? null
    if (answer?.isCutShort && this.#stopped === null) return this.#readFactsCarefully(notesBefore)
    return answer !== undefined
  }

  #askForFacts(session: Session, capabilities: readonly string[]): Promise<FactsAnswer> {
    return readFacts(session, capabilities, { notes: this.#notes, mayClose: !this.#isCareful })
  }

  /** Reads the facts in another session, without closing it early. Returns as `#readFacts` does. */
  async #readFactsCarefully(notes: readonly string[]): Promise<boolean> {
    const found = this.#findings
    const ended = this.#transport
    const address = this.#peer.address
    if (found === null || ended === null || address === null) return false
    this.#isCareful = true
    carefulPeers.addDevice(this.#task)
    const isOpen = await this.#within(MAX_ANSWER_MS, this.#openAgain(ended, address))
    const session = this.#session
    this.#findings = found
    this.#enter('FACTS')
    if (!isOpen || session === null) return false
    this.#notes.splice(0, this.#notes.length, ...notes)
    const answer = await this.#answerTo('its facts', this.#askForFacts(session, found.capabilities))
    this.#facts = answer?.facts ?? null
    if (this.#facts !== null) carefulPeers.addSoftware(ended.identificationLine)
    return answer !== undefined
  }

  async #openAgain(ended: SshTransport, address: string): Promise<boolean> {
    await ended.close()
    if (this.#stopped !== null) return false
    const transport = this.#connect(address, null)
    return (await transport.open()) === null && (await this.#exchangeHellos(transport)) === null
  }

  async #answerTo<T>(what: string, answer: Promise<T>): Promise<T | undefined> {
    const found = await this.#within(MAX_ANSWER_MS, answer)
    if (found === undefined && this.#stopped !== CANCELLED) {
      this.#notes.push(`The device did not answer in time when it was asked for ${what}.`)
    }
    return found
  }

  /** Resolves with the result of `work`; undefined if it takes longer or the probe is stopped. */
  async #within<T>(durationMs: number, work: Promise<T>): Promise<T | undefined> {
    const timeLimit = Promise.withResolvers<undefined>()
    const cancelTimer = this.#clock.after(durationMs, () => timeLimit.resolve(undefined))
    try {
      return await Promise.race([work, timeLimit.promise, this.#stop.promise.then(() => undefined)])
    } finally {
      cancelTimer()
    }
  }

  async #report(failure: ProbeFailure | null): Promise<ProbeReport> {
    await this.#transport?.close()
    this.#enter(this.#phase)
    return this.#reportSoFar(failure)
  }

  #reportSoFar(failure: ProbeFailure | null): ProbeReport {
    this.#peer.said.noise = this.#session?.preHelloText || null
    const remark = this.#session?.remark ?? null
    if (remark !== null && !this.#notes.some((note) => note.includes(remark))) this.#notes.push(remark)
    const findings = failure === null ? this.#findings : null
    const missing = findings?.missing ?? []
    const { outcome, message } = failure ?? capabilityOutcome(missing, findings?.library ?? null)
    const report: ProbeReport = {
      outcome,
      phase: this.#phase,
      message,
      startedAt: this.#startedAt,
      durationMs: this.#clock.elapsed() - this.#begun,
      phases: [...this.#phases],
      capabilities: findings?.capabilities ?? null,
      library: findings?.library ?? null,
      missing,
      sessionId: findings?.sessionId ?? null,
      peer: this.#peer,
      facts: failure === null ? this.#facts : null,
      notes: boundedNotes(this.#notes),
      ...(failure?.shortage && { shortage: true }),
      ...(failure?.notSsh && { notSsh: true }),
    }
    return redact(report, this.#task.credential)
  }

  /** Ends the timing of the present phase, and starts that of the next. */
  #enter(phase: ProbePhase): void {
    const now = this.#clock.elapsed()
    if (this.#phase !== 'QUEUED')
      this.#phases.push({ phase: this.#phase, durationMs: now - this.#phaseBegun })
    this.#phase = phase
    this.#phaseBegun = now
  }

  #timeout(): ProbeFailure {
    return timeoutFailure(this.#phase, {
      task: this.#task,
      identification: this.#transport?.identification ?? null,
      preamble: this.#transport?.preamble ?? '',
      preHelloInput: this.#session?.preHelloInput ?? { kind: 'nothing' },
    })
  }
}

function unspecified(host: string): ProbeFailure {
  return {
    outcome: 'UNREACHABLE',
    message:
      `${host} is the address of no device: ` +
      'a connection to it ends at this machine; correct the inventory.',
  }
}

function resolvedToUnspecified(host: string, found: readonly string[]): ProbeFailure {
  return {
    outcome: 'DNS_FAILED',
    message:
      `The name ${host} was resolved to ${found.join(', ')}, the address of no device; ` +
      'check the inventory and the name server.',
  }
}

function notResolved(host: string, code: string): ProbeFailure {
  return {
    outcome: 'DNS_FAILED',
    message: `The name ${host} was not resolved (${code}); check the inventory and the name server.`,
  }
}
