import ssh2, { type Client, type ClientChannel, type NegotiatedAlgorithms, type ParsedKey } from 'ssh2'
import type { Clock } from '../../base/clock.ts'
import { messageOf, systemCodeOf } from '../../base/errors.ts'
import { excerpt, type ProbeFailure } from '../outcome/failure.ts'
import type { ProbePhase } from '../outcome/outcome.ts'
import type { Transport, TransportEnd, TransportReceiver } from '../protocol/transport.ts'
import type { PeerDetails, ProbeCredential, ProbeTask } from '../report/probe-report.ts'
import { describeHostKey, hostKeyFailure } from './host-keys.ts'
import { SshLogin } from './login.ts'
import { SshAgent } from './ssh-agent.ts'
import { type AlgorithmOffer, hasLegacy, offerFor } from './ssh-algorithms.ts'
import {
  connectFailure,
  describeExit,
  disconnectFailure,
  lostFailure,
  protocolFailure,
  reasonOf,
  refusedFailure,
  subsystemFailure,
} from './ssh-failures.ts'
import {
  connectOffering,
  logInEarly,
  onDisconnect,
  prepareCiphers,
  setServerIdentification,
  shortenKeyExchange,
  signAtOnce,
} from './ssh-library.ts'
import { PeerViolation, SshSocket } from './ssh-socket.ts'

export interface SshTransportOptions {
  /** The IPv4 or IPv6 address of the task's host. */
  address: string
  task: Pick<ProbeTask, 'port' | 'credential' | 'hostKeys' | 'legacyAlgorithms'>
  /** The details of the peer, which are filled in as they become known. */
  peer: PeerDetails
  clock: Clock
  /** Milliseconds after which the TCP connection counts as failed; null leaves that to the system. */
  connectWithinMs: number | null
  /** Called when a phase begins, from CONNECT to SUBSYSTEM. */
  enter: (phase: ProbePhase) => void
  /**
   * Returns whether to send the first login request before the server has accepted the login service. It is
   * called with the identification of the server.
   */
  mayHurry: (identification: string) => boolean
}

const MAX_STDERR_KEPT = 1024

/** The `netconf` subsystem of an SSH server (RFC 6242), on its own socket that `close` always destroys. */
export class SshTransport implements Transport {
  readonly #options: SshTransportOptions
  readonly #offer: AlgorithmOffer
  readonly #socket = new SshSocket()
  readonly #closed = Promise.withResolvers<void>()
  readonly #opening = Promise.withResolvers<ProbeFailure | null>()
  #phase: ProbePhase = 'CONNECT'
  #hostKey: Buffer | null = null
  #client: Client | null = null
  #login: SshLogin<ParsedKey, SshAgent> | null = null
  #agent: SshAgent | null = null
  #channel: ClientChannel | null = null
  #receiver: TransportReceiver | null = null
  #stderr = ''
  #exit: string | null = null
  /** How the stream ended: undefined while it is open, null for an end in good order. */
  #end: ProbeFailure | null | undefined
  #isClosing = false
  /** Whether the first login request was sent early and the server has not accepted the login service. */
  #isAhead = false
  /** Ends the wait for the TCP connection. */
  #cancelGiveUp: () => void = () => undefined

  constructor(options: SshTransportOptions) {
    this.#options = options
    this.#offer = offerFor(options.task)
    this.#socket.once('close', this.#closed.resolve)
  }

  /** The peer's identification after `SSH-2.0-`; null until it came. */
  get identification(): string | null {
    return this.#socket.identification
  }

  /** The peer's identification line as it came, in Latin-1; empty until it came. */
  get identificationLine(): string {
    return this.#socket.identificationLine
  }

  /** Whether the connection ended after an early login request and before the server accepted the service. */
  get endedAhead(): boolean {
    return this.#isAhead && this.#end !== undefined
  }

  /** The first lines of a peer that sent lines and no SSH identification; empty otherwise. */
  get preamble(): string {
    return this.#socket.identification === null ? this.#socket.preamble : ''
  }

  /**
   * Connects, logs in and opens the subsystem. Resolves with null once it is open. Called once; pending after
   * `close`.
   */
  open(): Promise<ProbeFailure | null> {
    this.#enter('CONNECT')
    this.#socket.setNoDelay(true)
    // These listeners run before those of the library, which reports a lost connection as a refused one.
    this.#socket.on('error', (error) => this.#finish(this.#socketFailure(error)))
    this.#socket.on('end', () => this.#finish(this.#hangUpFailure(null)))
    this.#socket.on('close', () => this.#finish(this.#hangUpFailure(null)))
    this.#socket.once('connect', () => this.#startSsh())
    const { clock, connectWithinMs } = this.#options
    const giveUp = () => this.#finish(this.#socketFailure(new Error('ETIMEDOUT')))
    if (connectWithinMs !== null) this.#cancelGiveUp = clock.after(connectWithinMs, giveUp)
    this.#socket.open(this.#options.address, this.#options.task.port)
    return this.#opening.promise
  }

  attach(receiver: TransportReceiver): void {
    this.#receiver = receiver
    this.#channel?.on('data', (bytes: Buffer) => {
      if (this.#end === undefined && !this.#isClosing) receiver.data(bytes)
    })
    this.#channel?.once('end', () => this.#finish(null))
    this.#channel?.once('close', () => this.#finish(null))
    if (this.#end !== undefined) receiver.ended(this.#endedWith(this.#end))
  }

  send(text: string): void {
    if (this.#end !== undefined || this.#isClosing) return
    this.#channel?.write(text)
  }

  /** Writes what the peer has told of itself so far into the `peer` of the options; `close` does so, too. */
  describePeer(): void {
    const { peer } = this.#options
    peer.identification = this.#socket.identification
    peer.said.stderr = excerpt(this.#stderr) || null
  }

  close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true
      this.#cancelGiveUp()
      this.describePeer()
      // A disconnect message keeps broken connections out of the device's log.
      if (this.#end === undefined && this.#channel !== null) this.#client?.end()
      this.#socket.flush()
      // The library would end its streams one by one, although nobody reads them any more.
      this.#socket.removeAllListeners('close').once('close', this.#closed.resolve)
      this.#socket.destroy()
      this.#agent?.close()
    }
    return this.#closed.promise
  }

  #enter(phase: ProbePhase): void {
    this.#phase = phase
    this.#options.enter(phase)
  }

  /**
   * Records how the stream ended. Only the first call counts, since the library reports some errors again or
   * late.
   */
  #finish(failure: ProbeFailure | null): void {
    if (this.#end !== undefined || this.#isClosing) return
    const isLost = failure?.outcome === 'CONNECTION_LOST' && this.#phase === 'AUTHENTICATE'
    const rejection = isLost ? (this.#login?.ended() ?? null) : null
    const end: ProbeFailure | null =
      rejection === null ? failure : { outcome: 'AUTH_FAILED', message: rejection }
    this.#end = end
    this.#opening.resolve(end)
    this.#receiver?.ended(this.#endedWith(end))
  }

  #endedWith(failure: ProbeFailure | null): TransportEnd {
    return { failure, stderr: excerpt(this.#stderr), exit: this.#exit }
  }

  #startSsh(): void {
    this.#cancelGiveUp()
    this.#enter('KEY_EXCHANGE')
    const { peer, task } = this.#options
    const { credential } = task
    this.#agent = credential.agentSocket === undefined ? null : new SshAgent(credential.agentSocket)
    const login = new SshLogin(credential, { key: privateKeyOf(credential), agent: this.#agent }, (message) =>
      this.#finish({ outcome: 'AUTH_FAILED', message }),
    )
    this.#login = login
    const client = new ssh2.Client()
    this.#client = client
    client.on('error', (error) => {
      // The library then tries the agent's next key, or asks for another method.
      if (error.level === 'agent') login.noteAgentProblem(error.message)
      else this.#finish(this.#sshFailure(error))
    })
    client.once('greeting', () => setServerIdentification(client, this.#socket.identificationLine))
    // A device may start another key exchange at any time.
    client.once('handshake', (negotiated) => this.#onHandshake(client, negotiated))
    client.once('ready', () => this.#openSubsystem(client))
    client.on('banner', (text) => {
      // The first banner is the same for everybody; another one concerns this login.
      if (peer.said.banner === null) peer.said.banner = excerpt(text) || null
      else login.noteMessage(text)
    })
    client.on('change password', () => login.changePassword())
    try {
      connectOffering(client, this.#offer, {
        sock: this.#socket,
        username: credential.username,
        ident: 'Rollcall',
        // The deadline of the probe covers the login.
        readyTimeout: 0,
        // The library accepts only a literal true or false, returned synchronously.
        hostVerifier: (key: Buffer) => this.#acceptsHostKey(key),
        authHandler: (accepted, partial, respond) => {
          const next = login.next(accepted, partial ?? false)
          if (next !== null) respond(next)
        },
      })
      onDisconnect(client, (reason, description) => {
        login.noteMessage(description)
        this.#finish(disconnectFailure(this.#phase, reason, description))
      })
    } catch (problem) {
      this.#finish({ outcome: 'SSH_FAILED', message: `SSH could not start: ${excerpt(messageOf(problem))}.` })
    }
  }

  /**
   * Returns whether to accept a host key. Its signature is checked later, so it may not be the device's own
   * yet.
   */
  #acceptsHostKey(key: Buffer): boolean {
    // A later key exchange must show the same key.
    if (this.#hostKey !== null) return this.#hostKey.equals(key)
    this.#hostKey = key
    const { task, peer } = this.#options
    if (task.hostKeys.check === 'any') return true
    const offered = describeHostKey(key)
    const failure = hostKeyFailure(task.hostKeys, offered)
    if (failure === null) return true
    peer.hostKey = { ...offered, verified: false }
    this.#finish(failure)
    return false
  }

  #onHandshake(client: Client, { kex, cs, sc, serverHostKey }: NegotiatedAlgorithms): void {
    const { peer, task, mayHurry } = this.#options
    const legacy = hasLegacy([kex, serverHostKey, cs.cipher, cs.mac, sc.cipher, sc.mac])
    peer.algorithms = { kex, cipher: cs.cipher, mac: cs.mac || null, hostKey: serverHostKey, legacy }
    if (this.#hostKey !== null) peer.hostKey = { ...describeHostKey(this.#hostKey), verified: true }
    this.#enter('AUTHENTICATE')
    prepareCiphers(client)
    shortenKeyExchange(client)
    signAtOnce(client)
    if (!mayHurry(this.#socket.identificationLine)) return
    this.#isAhead = true
    const accepted = () => {
      this.#isAhead = false
    }
    logInEarly(client, mayUseRsaKey(task.credential), accepted)
  }

  #openSubsystem(client: Client): void {
    this.#socket.loggedIn()
    this.#enter('SUBSYSTEM')
    client.subsys('netconf', (problem, channel) => {
      // The channel may report errors even if it is not used.
      if (problem === undefined)
        channel.on('error', (error: unknown) => this.#finish(this.#sshFailure(error)))
      if (this.#end !== undefined || this.#isClosing) return
      if (problem !== undefined) {
        this.#finish(subsystemFailure(reasonOf(problem), problem.message))
        return
      }
      this.#channel = channel
      this.#phase = 'HELLO'
      channel.on('exit', (status: number | null, signal?: string) => {
        this.#exit = describeExit(status, signal)
      })
      // If standard error is not read, it eventually blocks standard output.
      channel.stderr.on('data', (bytes: Buffer) => {
        if (this.#stderr.length < MAX_STDERR_KEPT)
          this.#stderr += bytes.toString('latin1', 0, MAX_STDERR_KEPT)
      })
      this.#opening.resolve(null)
    })
  }

  #hangUpFailure(code: string | null): ProbeFailure {
    const { identification, preamble, opening } = this.#socket
    return identification === null
      ? refusedFailure(preamble, this.#options.task.port)
      : lostFailure(this.#phase, code, opening, this.#offer)
  }

  #socketFailure(error: Error): ProbeFailure {
    if (error instanceof PeerViolation) return error.failure
    const code = systemCodeOf(error) ?? error.message
    if (this.#phase !== 'CONNECT') return this.#hangUpFailure(code)
    const { address, task } = this.#options
    return connectFailure(code, `${address} port ${task.port}`)
  }

  #sshFailure(error: unknown): ProbeFailure {
    return protocolFailure(this.#phase, messageOf(error), this.#socket.opening, this.#offer)
  }
}

const MAX_PARSED_KEYS = 100
const parsedKeys = new Map<string, ParsedKey | string>()

/** Whether the first login request depends on which algorithms of RSA keys the server accepts. */
function mayUseRsaKey(credential: ProbeCredential): boolean {
  if (credential.agentSocket !== undefined) return true
  const key = privateKeyOf(credential)
  return key !== null && typeof key !== 'string' && key.type === 'ssh-rsa'
}

/**
 * Returns the parsed private key, or why it is unusable; null if there is none. Cached, since every probe
 * needs it.
 */
function privateKeyOf({ privateKey }: ProbeCredential): ParsedKey | string | null {
  if (privateKey === undefined) return null
  let key = parsedKeys.get(privateKey)
  if (key === undefined) {
    const parsed = ssh2.utils.parseKey(privateKey)
    key = parsed instanceof Error ? parsed.message : parsed.isPrivateKey() ? parsed : 'it is a public key'
    if (parsedKeys.size >= MAX_PARSED_KEYS) parsedKeys.clear()
    parsedKeys.set(privateKey, key)
  }
  return key
}
