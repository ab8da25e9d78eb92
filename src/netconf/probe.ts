import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { systemCodeOf } from '../base/errors.ts'
import { missingCapabilities } from './capabilities.ts'
import type { ProbeFailure } from './failure.ts'
import type { Hello } from './hello.ts'
import type { ProbeOutcome, ProbePhase } from './outcome.ts'
import type { PeerDetails, PhaseTiming, ProbeReport, ProbeTask } from './probe-report.ts'
import { Session } from './session.ts'
import { SshTransport } from './ssh-transport.ts'
import { timeoutFailure } from './timeout-failure.ts'

/** close-session is a courtesy, and some servers never answer it. */
const MAX_CLOSE_MS = 1000

const CANCELLED: ProbeFailure = { outcome: 'CANCELLED', message: 'The probe was cancelled before it ended.' }

/**
 * Opens a NETCONF session with one device, compares what it offers with what is required, and closes it.
 * Whatever the peer does it resolves, within `timeoutMs` and a few milliseconds, with nothing of it left behind:
 * no socket, timer or listener. An abort ends it down to the socket at once, as CANCELLED.
 */
export function probe(task: ProbeTask, signal: AbortSignal): Promise<ProbeReport> {
  return new ProbeRun(task).run(signal)
}

class ProbeRun {
  readonly #task: ProbeTask
  readonly #startedAt = Date.now()
  readonly #begun = performance.now()
  readonly #phases: PhaseTiming[] = []
  readonly #peer: PeerDetails = {
    address: null,
    identification: null,
    hostKey: null,
    algorithms: null,
    framing: null,
  }
  /** Settles once, with what ends the probe from outside: the deadline or an abort. */
  readonly #stop = Promise.withResolvers<ProbeFailure>()
  #phase: ProbePhase = 'QUEUED'
  #phaseBegun = this.#begun
  #transport: SshTransport | null = null
  #session: Session | null = null
  #hello: Hello | null = null
  #stopped = false

  constructor(task: ProbeTask) {
    this.#task = task
  }

  async run(signal: AbortSignal): Promise<ProbeReport> {
    if (signal.aborted) return this.#report(CANCELLED)
    const stop = (failure: ProbeFailure) => {
      this.#stopped = true
      this.#stop.resolve(failure)
    }
    const cancel = () => stop(CANCELLED)
    signal.addEventListener('abort', cancel, { once: true })
    const deadline = setTimeout(() => stop(this.#timeout()), this.#task.timeoutMs)
    try {
      const failure = await Promise.race([this.#openSession(), this.#stop.promise])
      if (failure === null && this.#session !== null) await this.#closeSession(this.#session)
      return await this.#report(failure)
    } finally {
      clearTimeout(deadline)
      signal.removeEventListener('abort', cancel)
    }
  }

  async #openSession(): Promise<ProbeFailure | null> {
    const { host, port, credential } = this.#task
    const resolved = await this.#resolve(host)
    if ('failure' in resolved) return resolved.failure
    let failure: ProbeFailure | null = null
    for (const address of resolved.addresses) {
      if (this.#stopped) break
      this.#peer.address = address
      const transport = new SshTransport({
        address,
        port,
        credential,
        peer: this.#peer,
        enter: (phase) => this.#enter(phase),
      })
      this.#transport = transport
      failure = await transport.open()
      if (failure === null) return this.#exchangeHellos(transport)
      await transport.close()
      // A name may stand for an IPv6 address without a route and an IPv4 address with one.
      if (this.#phase !== 'CONNECT') break
    }
    return failure
  }

  async #resolve(host: string): Promise<{ addresses: string[] } | { failure: ProbeFailure }> {
    if (isIP(host) !== 0) return { addresses: [host] }
    this.#enter('RESOLVE')
    try {
      const found = await lookup(host, { all: true })
      return { addresses: found.map(({ address }) => address) }
    } catch (problem) {
      const code = systemCodeOf(problem)
      if (code === undefined) throw problem
      const message = `The name ${host} was not resolved (${code}); check the inventory and the name server.`
      return { failure: { outcome: 'DNS_FAILED', message } }
    }
  }

  async #exchangeHellos(transport: SshTransport): Promise<ProbeFailure | null> {
    this.#enter('HELLO')
    this.#session = new Session(transport)
    const { hello, failure } = await this.#session.open()
    this.#hello = hello
    if (hello !== null) this.#peer.framing = hello.base11 ? 'chunked' : 'end-of-message'
    return failure
  }

  /** Nothing that happens here changes the verdict: the hello came. */
  async #closeSession(session: Session): Promise<void> {
    this.#enter('CLOSE')
    const patience = Promise.withResolvers<void>()
    const timer = setTimeout(patience.resolve, MAX_CLOSE_MS)
    try {
      await Promise.race([session.close(), patience.promise, this.#stop.promise])
    } finally {
      clearTimeout(timer)
    }
  }

  async #report(failure: ProbeFailure | null): Promise<ProbeReport> {
    await this.#transport?.close()
    this.#enter(this.#phase)
    const hello = failure === null ? this.#hello : null
    const missing = hello === null ? [] : missingCapabilities(this.#task.required, hello.capabilities)
    const verdict = failure ?? verdictOn(hello, missing)
    return {
      outcome: verdict.outcome,
      phase: this.#phase,
      message: this.#withoutSecret(verdict.message),
      startedAt: this.#startedAt,
      durationMs: performance.now() - this.#begun,
      phases: this.#phases,
      capabilities: hello === null ? null : [...hello.capabilities],
      missing,
      sessionId: hello?.sessionId ?? null,
      peer: this.#peer,
    }
  }

  /** Ends the timing of the phase that was, and begins that of the next. */
  #enter(phase: ProbePhase): void {
    const now = performance.now()
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
      helloBytes: this.#session?.receivedBytes ?? 0,
    })
  }

  /** A peer may say the password back to us, and then it would stand in the message. */
  #withoutSecret(message: string | null): string | null {
    const { password = '' } = this.#task.credential
    return password.length < 4 ? message : (message?.replaceAll(password, '[secret]') ?? null)
  }
}

const MAX_NAMED = 5

function verdictOn(
  hello: Hello | null,
  missing: readonly string[],
): { outcome: ProbeOutcome; message: string | null } {
  if (missing.length > 0) {
    const more = missing.length > MAX_NAMED ? ` and ${missing.length - MAX_NAMED} more` : ''
    const message = `The device does not offer ${missing.slice(0, MAX_NAMED).join(', ')}${more}.`
    return { outcome: 'MISSING_CAPABILITIES', message }
  }
  const message = hello?.sessionId === null ? 'The hello has no session-id that is a number.' : null
  return { outcome: 'SUPPORTED', message }
}
