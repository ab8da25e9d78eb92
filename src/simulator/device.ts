import type { Socket } from 'node:net'
import type { Behaviour } from './behaviours.ts'
import { DelayedStream } from './delayed-stream.ts'
import type { HelloTemplate } from './hellos.ts'
import { deriveKeyPair } from './key-pair.ts'
import type { SshServer } from './ssh-server.ts'

export interface DeviceOptions {
  /** Unlike any other device's: the host key is derived from it. */
  label: string
  hello: HelloTemplate
  behaviour: Behaviour
  ssh: SshServer
  /** Milliseconds by which everything sent to the device is late; 0: nothing is. */
  latencyMs: number
}

/** One device: what it is, its host key and the sessions that it has counted. */
export class SimulatedDevice {
  readonly #options: DeviceOptions
  #hostKey: string | undefined
  #sessions = 0

  constructor(options: DeviceOptions) {
    this.#options = options
  }

  /** Takes over a connection that was accepted for this device. */
  accept(socket: Socket): void {
    const { label, hello, behaviour, ssh, latencyMs } = this.#options
    this.#hostKey ??= deriveKeyPair(label).privateKey
    ssh.serve(latencyMs > 0 ? new DelayedStream(socket, latencyMs) : socket, {
      hostKey: this.#hostKey,
      identification: hello.platform.identification,
      onNetconf: (channel) => {
        this.#sessions += 1
        behaviour.netconf(channel, { bytes: hello.encode(this.#sessions), offersChunks: hello.offersChunks })
      },
    })
  }
}
