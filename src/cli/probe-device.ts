import { isIP } from 'node:net'
import { RollcallError } from '../base/errors.ts'
import { createLogger } from '../base/log.ts'
import { loadConfig } from '../config/load.ts'
import type { ReadingPart } from '../config/resolve-config.ts'
import { plainText } from '../inventory/plain-text.ts'
import type { ProbeCredential, ProbeTask } from '../netconf/report/probe-report.ts'
import { KnownHostsFile } from '../refresh/host-keys.ts'
import { type ProbedDevice, ProbeTasks } from '../refresh/probe-tasks.ts'
import type { DeviceRow } from '../store/device-store.ts'
import { isDatabaseThere, openStore, type Store } from '../store/store.ts'
import { addressOf } from './options.ts'
import type { PortOrigin } from './probe-advice.ts'

/** The place of a device, if its name alone does not tell which one is meant. */
export interface DevicePlace {
  site?: string
  country?: string
}

const WITH_PORT = /^(.+):(\d{1,5})$/

/** A device of the inventory with the port to probe. */
export interface FoundDevice {
  device: ProbedDevice
  portFrom: PortOrigin
  /** The port that a refresh asks. */
  refreshPort: number
}

/**
 * Finds the device that a person names in the database of the configuration, with or without `:PORT`. Returns
 * null if the target is an address or if there is no database; such a target is a host. So is a name with a
 * port, or with `isHostToo`, that no device has. Throws NOT_FOUND for other names that no device has, and for
 * a name that several have.
 */
export async function findDevice(
  target: string,
  { file, place, isHostToo }: { file: string | undefined; place: DevicePlace; isHostToo: boolean },
): Promise<FoundDevice | null> {
  const [, bare = target, port] = WITH_PORT.exec(target) ?? []
  const isAddress = isIP(target) !== 0 || isIP(bare) !== 0 || target.startsWith('[')
  const found = isAddress ? null : await inDatabase({ file, names: new Set([target, bare]), place })
  if (found === null || found.device === null) {
    const isPlaced = place.site !== undefined || place.country !== undefined
    if (!isPlaced && (found === null || isHostToo || port !== undefined)) return null
    const where = isPlaced ? ' at that place' : ''
    const asHost = isPlaced ? '' : ` To probe a host of that name, give its port as well: ${target}:830.`
    throw new RollcallError('NOT_FOUND', `The inventory has no device named "${target}"${where}.${asHost}`)
  }
  const { device, defaultPort } = found
  const refreshPort = device.port
  if (device.name !== plainText(target))
    return { device: { ...device, port: Number(port) }, portFrom: 'command', refreshPort }
  return { device, portFrom: refreshPort === defaultPort ? 'configuration' : 'inventory', refreshPort }
}

/** Returns null if there is no database. */
async function inDatabase({
  file,
  names,
  place,
}: {
  file: string | undefined
  names: ReadonlySet<string>
  place: DevicePlace
}): Promise<{ device: ProbedDevice | null; defaultPort: number } | null> {
  const config = loadConfig({ file, env: process.env, reads: [] })
  const defaultPort = config.probe.port
  const address = addressOf(config)
  if (!isDatabaseThere(address)) return null
  const store = await openStore({ ...address, log: createLogger({ level: 'warn' }) })
  try {
    for (const name of names) {
      const row = await onlyOne(store, name, place)
      if (row !== null) return { device: await toProbed(store, row), defaultPort }
    }
    return { device: null, defaultPort }
  } finally {
    await store.close()
  }
}

async function onlyOne(
  store: Store,
  name: string,
  { site, country }: DevicePlace,
): Promise<DeviceRow | null> {
  const [device, another] = await store.devices.find(plainText(name), site, country)
  if (another === undefined) return device ?? null
  throw new RollcallError(
    'NOT_FOUND',
    `The inventory has several devices named "${name}"; say which with --site, and with --country if needed.`,
  )
}

async function toProbed(store: Store, row: DeviceRow): Promise<ProbedDevice> {
  const [site] = await store.inventory.sitesByIds([row.siteId])
  const [country] = site === undefined ? [] : await store.inventory.countriesByIds([site.countryId])
  const [hostKey = null] = await store.hostKeys.ofDevices([row.id])
  return { ...row, site: site?.name ?? '', country: country?.name ?? '', hostKey }
}

/**
 * Returns the task for a device as a refresh would probe it, and the name of its credential. A `given`
 * credential takes the place of the configured ones, and one of `orElse` that of none.
 */
export async function deviceTask(
  device: ProbedDevice,
  {
    file,
    given,
    orElse,
  }: {
    file: string | undefined
    given: ProbeCredential | null
    orElse: () => Promise<ProbeCredential>
  },
): Promise<{ task: ProbeTask; credential: string | null }> {
  const reads: ReadingPart[] = given === null ? ['credentials', 'probe'] : ['probe']
  const config = loadConfig({ file, env: process.env, reads })
  const { knownHostsFile } = config.probe
  const knownHosts = knownHostsFile === null ? null : await new KnownHostsFile(knownHostsFile).read()
  const tasks = new ProbeTasks(config)
  const configured = given === null ? tasks.taskFor(device, knownHosts) : null
  if (configured !== null) return { task: configured, credential: tasks.credentialOf(device) }
  return { task: tasks.taskWith(given ?? (await orElse()), device, knownHosts), credential: null }
}
