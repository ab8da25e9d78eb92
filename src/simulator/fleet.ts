import type { Closable } from '../base/close.ts'
import type { InventoryRecord } from '../inventory/record.ts'
import { type Behaviour, HEALTHY } from './behaviour.ts'
import { SimulatedDevice } from './device.ts'
import { FAULTS, type FaultName } from './faults.ts'
import { deriveKeyPair } from './key-pair.ts'
import { type LatencyRange, type Line, roundTripTo } from './line.ts'
import { hasLoopbackNetwork, type Place, placeOnAddresses, placeOnPorts } from './placement.ts'
import { drawRoster, type RosterEntry } from './roster.ts'
import { SshServer } from './ssh-server.ts'

/** The options of a fleet: plain data, which the caller has checked. */
export interface FleetOptions {
  /** The number of devices, 1 to 60,000. */
  devices: number
  /** How many of them have a fault, spread evenly over the fleet; 0 to `devices`. */
  faulty: number
  /** The faults that the faulty devices get in turn. Default: `stalls-in-hello` only. */
  faults?: readonly FaultName[] | undefined
  /**
   * Milliseconds of a round trip to a device. With a range, each country has a distance of its own in it, and
   * its devices have up to a tenth more or less. Default: 0.
   */
  latencyMs?: number | LatencyRange | undefined
  /** Milliseconds by which each packet is delayed at most, besides. Default: 0. */
  jitterMs?: number | undefined
  /** The percentage of packets that are lost and sent again. Default: 0. */
  lossPercent?: number | undefined
  /**
   * The port of all devices. On a system with only one loopback address, the port of the first device; the
   * others get the following ports. Default: 0, any free port.
   */
  port?: number | undefined
}

interface FleetCredential {
  username: string
  password: string
  /** The private key in OpenSSH's format, without a passphrase. */
  privateKey: string
}

/**
 * Devices that answer until the fleet is closed. The same options give the same devices with the same host
 * keys.
 */
export interface Fleet extends Closable {
  readonly inventory: readonly InventoryRecord[]
  /** The credential that every device accepts, password and key. It is fixed and therefore not a secret. */
  readonly credential: FleetCredential
}

/**
 * One in this many of the devices without a fault never answers after its hello. A probe must accept that.
 */
const ONE_SILENT_IN = 100

const LOGIN = { username: 'rollcall', password: 'simulated' }

/**
 * Starts a fleet in this process.
 *
 * @throws RollcallError ADDRESS_IN_USE or SIMULATOR_FAILED if it cannot listen
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { devices: count, port = 0 } = options
  const login = deriveKeyPair('login')
  const ssh = new SshServer({ ...LOGIN, publicKey: login.publicKey })
  const behaviours = castRoles(options)
  const roster = drawRoster(count)
  const devices = roster.map(
    (entry, index) =>
      new SimulatedDevice({
        label: entry.name,
        hello: entry.hello,
        behaviour: behaviours[index] ?? HEALTHY,
        ssh,
        line: lineTo(entry, options),
      }),
  )
  const place = (await hasLoopbackNetwork()) ? placeOnAddresses : placeOnPorts
  const placement = await place(count, port, (index, socket) => devices[index]?.accept(socket))
  return {
    inventory: placement.places.flatMap((place, index) => toRecord(roster[index], place)),
    credential: { ...LOGIN, privateKey: login.privateKey },
    close: () => placement.close(),
  }
}

function lineTo(entry: RosterEntry, { latencyMs = 0, jitterMs = 0, lossPercent = 0 }: FleetOptions): Line {
  const roundTripMs = typeof latencyMs === 'number' ? latencyMs : roundTripTo(entry, latencyMs)
  return { roundTripMs, jitterMs, lossPercent }
}

/** Returns the behaviour of each device, in the devices' order. */
function castRoles({ devices, faulty, faults = ['stalls-in-hello'] }: FleetOptions): Behaviour[] {
  let faultsCast = 0
  let othersCast = 0
  return Array.from({ length: devices }, (_, index) => {
    const due = Math.floor(((index + 1) * faulty) / devices)
    const fault = due > faultsCast ? faults[faultsCast % faults.length] : undefined
    if (fault !== undefined) {
      faultsCast += 1
      return FAULTS[fault]
    }
    othersCast += 1
    return othersCast % ONE_SILENT_IN === 0 ? FAULTS['silent-after-hello'] : HEALTHY
  })
}

function toRecord(entry: RosterEntry | undefined, place: Place): InventoryRecord[] {
  if (entry === undefined) return []
  const { hello, ...names } = entry
  return [{ key: null, ...names, ...place, platform: hello.platform.name, credential: null }]
}
