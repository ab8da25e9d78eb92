import type { Socket } from 'node:net'
import type { Duplex, Writable } from 'node:stream'
import { type ServerHello, serveNetconf } from './netconf-server.ts'
import type { ServerChannel, SshFault } from './ssh-server.ts'

/** A NETCONF subsystem that a client has opened. */
export interface NetconfSession {
  channel: ServerChannel
  /** The hello that a good device of the platform would send. */
  hello: ServerHello
  /** The connection underneath, for behaviours that break it. */
  socket: Socket
}

/** The behaviour of a device, layer by layer. A layer that is left out works correctly. */
export interface Behaviour {
  /** TCP: handles an accepted connection. `serve` speaks SSH on a stream. */
  connection?(socket: Socket, serve: (stream: Duplex) => void): void
  /**
   * Returns the label that the host key of a connection is derived from. The first connection is number 1.
   */
  hostKeyLabel?(label: string, connection: number): string
  ssh?: SshFault
  /** NETCONF: handles the channel of the opened subsystem. */
  netconf?(session: NetconfSession): void
}

export const HEALTHY = {
  netconf: ({ channel, hello }) => serveNetconf(channel, hello),
} satisfies Behaviour

/** Writes `piece` repeatedly, as fast as the reader takes it, `times` times or until the stream ends. */
export function flood(
  stream: Writable,
  piece: Buffer | string,
  times = Number.POSITIVE_INFINITY,
  done?: () => void,
): void {
  let left = times
  const go = (): void => {
    while (left > 0 && stream.writable) {
      left -= 1
      if (!stream.write(piece)) {
        stream.once('drain', go)
        return
      }
    }
    if (left === 0) done?.()
  }
  go()
}
