import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type Behaviour, HEALTHY } from './behaviour.ts'
import type { DeviceIdentity } from './facts.ts'
import type { HelloTemplate } from './hellos.ts'
import { deriveKeyPair } from './key-pair.ts'
import type { SshServer } from './ssh-server.ts'

export interface DeviceOptions {
  /** A unique label, from which the host key is derived. */
  label: string
  hello: HelloTemplate
  behaviour: Behaviour
  ssh: SshServer
  /** Milliseconds by which everything sent to the device is delayed; 0 means no delay. */
  latencyMs: number
}

/** One device with its identity, its host key and its count of sessions. */
export class SimulatedDevice {
  readonly #options: DeviceOptions
  #hostKey: { label: string; privateKey: string } | undefined
  readonly #identity: DeviceIdentity
  #connections = 0
  #sessions = 0

  constructor(options: DeviceOptions) {
    this.#options = options
    const { platform, builtOn } = options.hello
    this.#identity = {
      hostname: options.label,
      vendor: platform.vendor,
      model: platform.model,
      osVersion: platform.versionOf(builtOn),
      serialNumber: serialNumberOf(options.label),
    }
  }

  /** Serves a connection that was accepted for this device. */
  accept(socket: Socket): void {
    const { behaviour } = this.#options
    this.#connections += 1
    const hostKey = this.#hostKeyOf(this.#connections)
    const serve = (stream: Duplex): void => this.#serve(stream, socket, hostKey)
    if (behaviour.connection === undefined) serve(socket)
    else behaviour.connection(socket, serve)
  }

  #serve(stream: Duplex, socket: Socket, hostKey: string): void {
    const { hello, behaviour, ssh, latencyMs } = this.#options
    const { ssh: fault = {}, netconf = HEALTHY.netconf } = behaviour
    ssh.serve(latencyMs > 0 ? new DelayedStream(stream, latencyMs) : stream, {
      hostKey,
      identification: hello.platform.identification,
      socket,
      fault,
      onNetconf: (channel) => {
        this.#sessions += 1
        const { offersChunks } = hello
        const bytes = hello.encode(this.#sessions)
        netconf({ channel, hello: { bytes, offersChunks, device: this.#identity }, socket })
      },
    })
  }

  /** Returns the host key. It is derived once, because that costs more than the rest of a connection. */
  #hostKeyOf(connection: number): string {
    const { label, behaviour } = this.#options
    const wanted = behaviour.hostKeyLabel?.(label, connection) ?? label
    if (this.#hostKey?.label !== wanted) {
      this.#hostKey = { label: wanted, privateKey: deriveKeyPair(wanted).privateKey }
    }
    return this.#hostKey.privateKey
  }
}

/** Returns a serial number that is the same in every run. */
function serialNumberOf(label: string): string {
  return `SIM${createHash('sha256').update(label).digest('hex').slice(0, 8).toUpperCase()}`
}

interface Arrival {
  dueAt: number
  /** Null means that the peer ended the stream. */
  bytes: Buffer | null
}

/** A connection on which everything that the peer sends arrives `delayMs` later, as over a long distance. */
class DelayedStream extends Duplex {
  readonly #socket: Duplex
  readonly #delayMs: number
  readonly #arrivals: Arrival[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(socket: Duplex, delayMs: number) {
    super({ allowHalfOpen: false })
    this.#socket = socket
    this.#delayMs = delayMs
    socket.on('data', (bytes: Buffer) => this.#onArrival(bytes))
    socket.on('end', () => this.#onArrival(null))
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
  }

  override _read(): void {
    // Bytes are pushed when they are due, whether the reader asks for them or not.
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#socket.write(bytes, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#timer)
    this.#socket.destroy()
    done(error)
  }

  #onArrival(bytes: Buffer | null): void {
    this.#arrivals.push({ dueAt: performance.now() + this.#delayMs, bytes })
    this.#timer ??= setTimeout(() => this.#deliver(), this.#delayMs)
  }

  #deliver(): void {
    this.#timer = undefined
    const now = performance.now()
    for (let next = this.#arrivals[0]; next !== undefined; next = this.#arrivals[0]) {
      // Timers may fire a fraction of a millisecond early.
      if (next.dueAt - now > 1) {
        this.#timer = setTimeout(() => this.#deliver(), next.dueAt - now)
        return
      }
      this.#arrivals.shift()
      this.push(next.bytes)
    }
  }
}
