import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type ServerHello, serveNetconf } from './netconf-server.ts'
import type { ServerChannel, SshFault } from './ssh-server.ts'

/** A NETCONF subsystem that a client has opened. */
export interface NetconfSession {
  channel: ServerChannel
  /** What a good device of that platform would say. */
  hello: ServerHello
  /** The connection underneath, for those that break it. */
  socket: Socket
}

/** What a device does, layer by layer; a layer that is left out works as it should. */
export interface Behaviour {
  /** TCP, and what stands in for SSH: what happens to an accepted connection. `serve` speaks SSH on a stream. */
  connection?(socket: Socket, serve: (stream: Duplex) => void): void
  /** What the host key of a connection is derived from; the first connection is number 1. */
  hostKeyLabel?(label: string, connection: number): string
  ssh?: SshFault
  /** NETCONF: what happens on the channel of the opened subsystem. */
  netconf?(session: NetconfSession): void
}

export const HEALTHY = {
  netconf: ({ channel, hello }) => serveNetconf(channel, hello),
} satisfies Behaviour
