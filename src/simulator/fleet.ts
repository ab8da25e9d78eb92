import type { Closable } from '../base/close.ts'
import type { InventoryRecord } from '../inventory/record.ts'
import { type Behaviour, HEALTHY } from './behaviour.ts'
import { FAULTS, type FaultName } from './behaviours.ts'
import { SimulatedDevice } from './device.ts'
import { deriveKeyPair } from './key-pair.ts'
import { hasLoopbackNetwork, type Place, placeOnAddresses, placeOnPorts } from './placement.ts'
import { drawRoster, type RosterEntry } from './roster.ts'
import { SshServer } from './ssh-server.ts'

/** Plain data, which the caller has checked. */
export interface FleetOptions {
  /** 1 to 60,000. */
  devices: number
  /** How many of them have a fault, spread evenly over the fleet; 0 to `devices`. */
  faulty: number
  /** The faults that the faulty devices take in turn; by default `stalls-in-hello` alone. */
  faults?: readonly FaultName[] | undefined
  /** Milliseconds by which everything that a device is sent reaches it late, by default 0. */
  latencyMs?: number | undefined
  /**
   * Where the fleet listens, by default 0: any free port. One port for all devices, or, where the system has
   * but one loopback address, the first of as many as there are devices.
   */
  port?: number | undefined
}

interface FleetCredential {
  username: string
  password: string
  /** PEM, as OpenSSH writes it, without a passphrase. */
  privateKey: string
}

/** Devices that answer until closed. The same options give the same devices with the same host keys. */
export interface Fleet extends Closable {
  readonly inventory: readonly InventoryRecord[]
  /** What every device accepts, the password as well as the key. Fixed, and therefore no secret. */
  readonly credential: FleetCredential
}

/** Among the devices without a fault one in so many never answers after its hello; a probe must not mind. */
const ONE_SILENT_IN = 100

const LOGIN = { username: 'rollcall', password: 'simulated' }

/**
 * Starts a fleet in this process.
 *
 * @throws RollcallError ADDRESS_IN_USE or SIMULATOR_FAILED where it cannot listen.
 */
export async function startFleet(options: FleetOptions): Promise<Fleet> {
  const { devices: count, latencyMs = 0, port = 0 } = options
  const login = deriveKeyPair('login')
  const ssh = new SshServer({ ...LOGIN, publicKey: login.publicKey })
  const behaviours = castRoles(options)
  const roster = drawRoster(count)
  const devices = roster.map(
    ({ name, hello }, index) =>
      new SimulatedDevice({ label: name, hello, behaviour: behaviours[index] ?? HEALTHY, ssh, latencyMs }),
  )
  const place = (await hasLoopbackNetwork()) ? placeOnAddresses : placeOnPorts
  const placement = await place(count, port, (index, socket) => devices[index]?.accept(socket))
  return {
    inventory: placement.places.flatMap((place, index) => toRecord(roster[index], place)),
    credential: { ...LOGIN, privateKey: login.privateKey },
    close: () => placement.close(),
  }
}

/** Which device does what, in the devices' order. */
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
