import type { Duplex } from 'node:stream'
import { type ServerHello, serveNetconf } from './netconf-server.ts'

/**
 * What a device does, layer by layer. A fault replaces what happens on its own layer; one that lies below
 * NETCONF gets a field for that layer here, which `SimulatedDevice.accept` then looks at.
 */
export interface Behaviour {
  /** NETCONF: what happens on the channel of the opened subsystem. */
  netconf(channel: Duplex, hello: ServerHello): void
}

export const HEALTHY: Behaviour = { netconf: serveNetconf }

/** The ways to misbehave, by name. */
export const FAULTS = {
  /** Says hello, then never answers and never closes: a probe has what it came for. */
  'silent-after-hello': {
    netconf(channel, hello) {
      channel.resume()
      channel.write(hello.bytes)
    },
  },
  /** Sends half of its hello, and then nothing any more. */
  'stalls-in-hello': {
    netconf(channel, hello) {
      channel.resume()
      channel.write(hello.bytes.subarray(0, hello.bytes.length >> 1))
    },
  },
} satisfies Record<string, Behaviour>

export type FaultName = keyof typeof FAULTS
