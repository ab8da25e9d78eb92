import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { type Fleet, startFleet } from '../../src/simulator/fleet.ts'
import { blocksOf, DOCUMENTS } from '../house/markdown.ts'
import { NETBOX_TOKEN, startNetBox } from '../sources/support/netbox-server.ts'
import { SOLARWINDS_LOGIN, startSolarWinds } from '../sources/support/solarwinds-server.ts'
import { pem } from '../sources/support/test-server.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { writeSettled } from '../support/settled-file.ts'
import { type Followed, follow, type Reader } from './support/follow.ts'
import { DOCUMENTS_NOT_FOLLOWED } from './support/not-run.ts'

const CONFIGURATION = `sources: [{ name: global, type: file, path: inventory.json }]
credentials: [{ name: default, username: rollcall, passwordEnv: NETOPS_PASSWORD }]
`

let fleet: Fleet

beforeAll(async () => {
  fleet = await startFleet({ devices: 6, faulty: 0 })
})

afterAll(() => fleet.close())

const followed = new Set<string>()

/** Follows a document as somebody with this fleet, and expects that no command fails. */
async function expectFollowed(document: string, options: Partial<Reader> = {}): Promise<Followed> {
  followed.add(document)
  const cwd = options.cwd ?? (await newFolder())
  const [first, second] = fleet.inventory
  const done = await follow(document, {
    cwd,
    env: {
      NETOPS_PASSWORD: fleet.credential.password,
      ROLLCALL_PROBE_PORT: String(first?.port),
      ROLLCALL_SERVER_PORT: '0',
      ROLLCALL_LOG_FORMAT: 'json',
      ...options.env,
    },
    before: options.before ?? '',
    writesFiles: options.writesFiles ?? false,
    replacements: {
      '127.0.0.1:4000': '$GATEWAY',
      '192.0.2.7:830': `${first?.address}:${first?.port}`,
      '192.0.2.7': `${first?.address}`,
      '192.0.2.8': `${second?.address}`,
      netops: fleet.credential.username,
      '/backup/': './backup/',
      ...options.replacements,
    },
  })
  expect(done.code, `${document}\n${done.stderr}\n${done.stdout}`).toBe(0)
  return done
}

async function newFolder(): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'backup'))
  await mkdir(join(folder, 'keys'))
  await writeFile(join(folder, 'keys/rollcall'), fleet.credential.privateKey)
  await writeFile(join(folder, 'rollcall.yaml'), CONFIGURATION)
  await writeSettled(join(folder, 'inventory.json'), JSON.stringify(fleet.inventory))
  return folder
}

it('the README leads to answers of a gateway, and to the results of a refresh', async () => {
  const { stdout } = await expectFollowed('README.md', { before: 'rollcall serve' })
  expect(stdout).toContain('"countries":[')
  expect(stdout).toContain('"probes":[{"device":')
})

it('getting started leads from one device to a gateway over an inventory', async () => {
  const cwd = await temporaryFolder()
  const { stdout } = await expectFollowed('docs/getting-started.md', { cwd, writesFiles: true })
  expect(stdout).toContain('SUPPORTED')
  expect(stdout).toContain('par-edge-01')
})

it('NetBox is read as its page says', async () => {
  const netbox = await startNetBox({
    regions: [{ id: 1, name: 'Germany', parent: null }],
    sites: [{ id: 1, name: 'Frankfurt', region: 1 }],
    devices: [{ id: 1, name: 'fra-edge-01', site: 1, primary_ip: '127.1.0.1/24' }],
  })
  onTestFinished(() => netbox.close())
  const { stdout } = await expectFollowed('docs/netbox.md', {
    cwd: await temporaryFolder(),
    writesFiles: true,
    env: { NETBOX_TOKEN },
    replacements: { 'https://netbox.example': netbox.url },
  })
  expect(stdout).toContain('fra-edge-01')
})

it('SolarWinds is read as its page says', async () => {
  const node = {
    NodeID: 1,
    Caption: 'fra-edge-01',
    IPAddress: '127.1.0.1',
    'CustomProperties.Site': 'Frankfurt',
    'CustomProperties.Country': 'Germany',
    MachineType: 'Cisco ASR 9000',
    Vendor: 'Cisco',
  }
  const certificate = pem('test-server.cert')
  const orion = await startSolarWinds({ nodes: [node] }, { certificate })
  onTestFinished(() => orion.close())
  const cwd = await temporaryFolder()
  await writeFile(join(cwd, 'orion.pem'), certificate)
  const { stdout } = await expectFollowed('docs/solarwinds.md', {
    cwd,
    writesFiles: true,
    env: { SOLARWINDS_PASSWORD: SOLARWINDS_LOGIN.password },
    replacements: { 'https://orion.example:17774': orion.url, 'SolarWinds-Orion': 'localhost' },
  })
  expect(stdout).toMatch(/created +1\n/)
})

it('credentials are tried and reloaded', async () => {
  const { stdout } = await expectFollowed('docs/credentials.md', { before: 'rollcall sync\nrollcall serve' })
  expect(stdout.match(/SUPPORTED/g)?.length).toBeGreaterThan(1)
})

it('a token is created, used and revoked', async () => {
  const { stdout } = await expectFollowed('docs/authentication.md', {
    before: 'rollcall serve',
    env: { ROLLCALL_AUTH_MODE: 'tokens' },
  })
  expect(stdout).toContain('{"viewer":{"name":"ci","role":"OPERATOR"}}')
})

it('a database is backed up and restored', async () => {
  const { stdout } = await expectFollowed('docs/database.md', { before: 'rollcall sync' })
  expect(stdout).toMatch(/devices +6\n/)
})

it('the API guide begins with an answer', async () => {
  const { stdout } = await expectFollowed('docs/api-guide.md', {
    before: 'rollcall sync\nrollcall serve',
    env: { TOKEN: 'none' },
  })
  expect(stdout).toContain('{"summary":{"devices":6,')
})

it('troubleshooting begins with commands that find nothing wrong here', async () => {
  const before = 'rollcall sync\nrollcall serve'
  const { stdout } = await expectFollowed('docs/troubleshooting.md', { before })
  expect(stdout).toMatch(/devices +6\n/)
})

it('each document with commands is followed, or says why not', () => {
  const documents = DOCUMENTS.filter((path) => blocksOf(path).some(({ language }) => language === 'sh'))
  expect([...followed, ...Object.keys(DOCUMENTS_NOT_FOLLOWED)].sort()).toEqual(documents.sort())
})
