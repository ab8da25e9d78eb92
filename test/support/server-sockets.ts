import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** The servers' ends of the connections that are made from now on, until the test ends. */
export function serverSockets(): Socket[] {
  const sockets: Socket[] = []
  const take = (message: unknown) => sockets.push((message as { socket: Socket }).socket)
  subscribe('net.server.socket', take)
  onTestFinished(() => void unsubscribe('net.server.socket', take))
  return sockets
}
