import type { Socket } from 'node:net'
import { type Closable, CloseStack } from '../base/close.ts'
import { RollcallError, systemCodeOf } from '../base/errors.ts'
import { Listener } from './listener.ts'

/** The address and port of a device. */
export interface Place {
  address: string
  port: number
}

/** The places of a fleet's devices, in the devices' order. They listen until closed. */
export interface Placement extends Closable {
  places: readonly Place[]
}

/** Called with each connection and the index of its device. */
type OnConnection = (index: number, socket: Socket) => void

const HIGHEST_PORT = 65_535
/** The number of last octets in use. .0 and .255 look like a network and its broadcast address. */
const HOSTS_PER_NETWORK = 254

/**
 * Gives each of `count` devices an address in 127.0.0.0/8, behind one listener on `port` (0 means any free
 * port). This needs a system that answers on the whole network: see `hasLoopbackNetwork`.
 */
export async function placeOnAddresses(
  count: number,
  port: number,
  onConnection: OnConnection,
): Promise<Placement> {
  const addresses = Array.from({ length: count }, (_, index) => addressOf(index))
  const indexes = new Map(addresses.map((address, index) => [address, index]))
  const listener = await Listener.open('0.0.0.0', port, (socket) => {
    const index = indexes.get(socket.localAddress ?? '')
    if (index === undefined) socket.destroy()
    else onConnection(index, socket)
  })
  return {
    places: addresses.map((address) => ({ address, port: listener.port })),
    close: () => listener.close(),
  }
}

/**
 * Gives each of `count` devices a port of 127.0.0.1 with a listener, from `port` up (0 means any free ports).
 */
export async function placeOnPorts(
  count: number,
  port: number,
  onConnection: OnConnection,
): Promise<Placement> {
  if (port + count - 1 > HIGHEST_PORT) {
    throw new RollcallError(
      'SIMULATOR_FAILED',
      `There are not enough ports for ${count} devices from ${port} upwards: ` +
        'ask for fewer, or give a lower port.',
    )
  }
  const address = '127.0.0.1'
  const places: Place[] = []
  const stack = new CloseStack()
  try {
    for (let index = 0; index < count; index += 1) {
      const wanted = port === 0 ? 0 : port + index
      const listener = stack.own(
        await Listener.open(address, wanted, (socket) => onConnection(index, socket)),
      )
      places.push({ address, port: listener.port })
    }
  } catch (failure) {
    await stack.close()
    throw failure
  }
  return { places, close: () => stack.close() }
}

/**
 * Tells whether this machine has all addresses of 127.0.0.0/8, as Linux does, and not only 127.0.0.1, as
 * macOS.
 */
export async function hasLoopbackNetwork(): Promise<boolean> {
  try {
    const listener = await Listener.open('127.0.0.2', 0, (socket) => socket.destroy())
    await listener.close()
    return true
  } catch (failure) {
    if (failure instanceof RollcallError && systemCodeOf(failure.cause) === 'EADDRNOTAVAIL') return false
    throw failure
  }
}

/** Returns the address of a device, from 127.1.0.1 up. Those below are used by services of the machine. */
function addressOf(index: number): string {
  const network = 256 + Math.floor(index / HOSTS_PER_NETWORK)
  return `127.${network >> 8}.${network & 255}.${1 + (index % HOSTS_PER_NETWORK)}`
}
