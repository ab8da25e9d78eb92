import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Behaviour, HEALTHY } from './behaviour.ts'
import type { DeviceIdentity } from './facts.ts'
import type { HelloTemplate } from './hellos.ts'
import { deriveKeyPair } from './key-pair.ts'
import { DistantStream, isDelayed, type Line, numbersFrom } from './line.ts'
import type { SshServer } from './ssh-server.ts'

export interface DeviceOptions {
  /** A unique label, from which the host key is derived. */
  label: string
  hello: HelloTemplate
  behaviour: Behaviour
  ssh: SshServer
  /** The way to the device. */
  line: Line
}

/** One device with its identity, its host key and its count of sessions. */
export class SimulatedDevice {
  readonly #options: DeviceOptions
  #hostKey: { label: string; privateKey: string } | undefined
  readonly #identity: DeviceIdentity
  /** The same numbers in every run. */
  readonly #random: () => number
  #connections = 0
  #sessions = 0

  constructor(options: DeviceOptions) {
    this.#options = options
    this.#random = numbersFrom(options.label)
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
    const { behaviour, line } = this.#options
    this.#connections += 1
    const hostKey = this.#hostKeyOf(this.#connections)
    const serve = (stream: Duplex): void => {
      if (!isDelayed(line)) this.#serve(stream, socket, hostKey)
      else new DistantStream(stream, line, this.#random, (far) => this.#serve(far, socket, hostKey))
    }
    if (behaviour.connection === undefined) serve(socket)
    else behaviour.connection(socket, serve)
  }

  #serve(stream: Duplex, socket: Socket, hostKey: string): void {
    const { hello, behaviour, ssh } = this.#options
    const { ssh: fault = {}, netconf = HEALTHY.netconf } = behaviour
    ssh.serve(stream, {
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
