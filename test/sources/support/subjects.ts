import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import { createSource } from '../../../src/sources/create-source.ts'
import type { InventorySource } from '../../../src/sources/source.ts'
import { writeSettled } from '../../support/settled-file.ts'
import { INVENTORY_TOKEN, startInventoryServer } from './inventory-server.ts'
import { NETBOX_TOKEN, type NetBoxContent, startNetBox } from './netbox-server.ts'
import { RetryClock, TIMEOUT_MS, TOTAL_TIMEOUT_MS } from './retry-clock.ts'
import { type OrionNode, SOLARWINDS_LOGIN, startSolarWinds } from './solarwinds-server.ts'
import type { TestServer } from './test-server.ts'

/** What all systems of the contract suite hold: sites 1 to 3, of which the last is in Japan. */
export interface TestDevice {
  id: number
  name: string | null
  address: string | null
  site: number
}

const COUNTRIES: Readonly<Record<number, string>> = { 1: 'Germany', 2: 'Germany', 3: 'Japan' }

/** Objects on a page, so that a few devices are several pages. */
export const PAGE_SIZE = 3

/** A system with devices in it, and the source that reads it. */
export interface Rig {
  source: InventorySource
  clock: RetryClock
  /** Changes what the system holds. */
  hold(devices: readonly TestDevice[]): Promise<void>
  close(): Promise<void>
}

export type ServerRig = Rig & {
  server: TestServer
  /** What the source shows the server, as the server may say it back. */
  secrets: readonly string[]
}

export interface RigOptions {
  /** That the server shows; makes it a TLS server. */
  certificate?: string
  /** That the source trusts. */
  ca?: string
  /** The name that the source expects in the certificate. */
  tlsServerName?: string
  /** Whether the source has the wrong login. */
  wrongLogin?: boolean
}

export function devices(count: number): TestDevice[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    name: `r${index + 1}`,
    address: `10.0.0.${index + 1}`,
    site: (index % 3) + 1,
  }))
}

/** The record that each system gives for a device. */
export function recordOf({ id, name, address, site }: TestDevice): InventoryRecord {
  return {
    key: String(id),
    name: name ?? '',
    address: address ?? '',
    port: 830,
    site: `site ${site}`,
    country: COUNTRIES[site] ?? '',
    region: null,
    platform: 'ios',
    credential: null,
  }
}

const asLine = ({ id, name, address, site }: TestDevice) =>
  JSON.stringify({ id, name, address, site: `site ${site}`, country: COUNTRIES[site], platform: 'ios' })
const asLines = (given: readonly TestDevice[]) => given.map((device) => `${asLine(device)}\n`).join('')

export async function fileRig(given: readonly TestDevice[]): Promise<Rig & { path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-contract-'))
  const path = join(folder, 'inventory.ndjson')
  const clock = new RetryClock()
  const hold = (held: readonly TestDevice[]) => writeSettled(path, asLines(held))
  await hold(given)
  return {
    source: createSource(
      { name: 'file', type: 'file', path, fields: { key: 'id' } },
      { defaultPort: 830, clock },
    ),
    clock,
    path,
    hold,
    close: () => rm(folder, { recursive: true }),
  }
}

function serverOptions(server: TestServer, { ca, tlsServerName }: RigOptions) {
  return {
    name: 'contract',
    url: server.url,
    ca: ca ?? null,
    tlsServerName: tlsServerName ?? null,
    timeoutMs: TIMEOUT_MS,
    totalTimeoutMs: TOTAL_TIMEOUT_MS,
  }
}

export async function httpRig(given: readonly TestDevice[], options: RigOptions = {}): Promise<ServerRig> {
  const content = { type: 'application/x-ndjson', body: asLines(given) }
  const server = await startInventoryServer(content, options)
  const clock = new RetryClock()
  const token = options.wrongLogin ? 'a-token-of-someone-else' : INVENTORY_TOKEN
  const source = createSource(
    {
      ...serverOptions(server, options),
      type: 'http',
      format: null,
      login: { token },
      fields: { key: 'id' },
    },
    { defaultPort: 830, clock },
  )
  const hold = async (held: readonly TestDevice[]) => {
    content.body = asLines(held)
  }
  return { source, clock, server, secrets: [token], hold, close: () => server.close() }
}

export async function netboxRig(given: readonly TestDevice[], options: RigOptions = {}): Promise<ServerRig> {
  const asObjects = (held: readonly TestDevice[]) =>
    held.map(({ id, name, address, site }) => ({
      id,
      name,
      site,
      primary_ip: address === null ? null : `${address}/24`,
      platform: 'ios',
    }))
  const content: NetBoxContent = {
    regions: [
      { id: 10, name: 'Germany', parent: null },
      { id: 11, name: 'Japan', parent: null },
      { id: 12, name: 'Hesse', parent: 10 },
      { id: 13, name: 'Kanto', parent: 11 },
    ],
    sites: [
      { id: 1, name: 'site 1', region: 12 },
      { id: 2, name: 'site 2', region: 10 },
      { id: 3, name: 'site 3', region: 13 },
    ],
    devices: asObjects(given),
  }
  const server = await startNetBox(content, options)
  const clock = new RetryClock()
  const token = options.wrongLogin ? 'ffffffffffffffffffffffffffffffffffffffff' : NETBOX_TOKEN
  const source = createSource(
    {
      ...serverOptions(server, options),
      type: 'netbox',
      token,
      status: ['active'],
      addresses: ['primary_ip'],
      filter: {},
      countryField: null,
      countryDepth: 0,
      pageSize: PAGE_SIZE,
    },
    { defaultPort: 830, clock },
  )
  const hold = async (held: readonly TestDevice[]) => {
    content.devices = asObjects(held)
  }
  return { source, clock, server, secrets: [token], hold, close: () => server.close() }
}

export async function solarwindsRig(
  given: readonly TestDevice[],
  options: RigOptions = {},
): Promise<ServerRig> {
  const asNodes = (held: readonly TestDevice[]): OrionNode[] =>
    held.map(({ id, name, address, site }) => ({
      NodeID: id,
      Caption: name,
      IPAddress: address,
      MachineType: 'ios',
      'CustomProperties.SiteCode': `site ${site}`,
      'CustomProperties.Country': COUNTRIES[site],
    }))
  const content = { nodes: asNodes(given) }
  const server = await startSolarWinds(content, options)
  const clock = new RetryClock()
  const password = options.wrongLogin ? 'not "the" password' : SOLARWINDS_LOGIN.password
  const { username } = SOLARWINDS_LOGIN
  const source = createSource(
    {
      ...serverOptions(server, options),
      type: 'solarwinds',
      username,
      password,
      fields: {
        key: 'NodeID',
        name: 'Caption',
        address: 'IPAddress',
        site: 'CustomProperties.SiteCode',
        country: 'CustomProperties.Country',
        platform: 'MachineType',
      },
      filter: {},
      pageSize: PAGE_SIZE,
    },
    { defaultPort: 830, clock },
  )
  const hold = async (held: readonly TestDevice[]) => {
    content.nodes = asNodes(held)
  }
  const encoded = Buffer.from(`${username}:${password}`).toString('base64')
  return { source, clock, server, secrets: [password, encoded], hold, close: () => server.close() }
}
