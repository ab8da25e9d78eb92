import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type NetconfdServer, startNetconfd } from './netconfd-server.ts'
import { SHARED, WHY_SKIPPED } from './shared-folder.ts'

const run = promisify(execFile)
const BIN = join(import.meta.dirname, '../../src/cli/bin.js')

describe.skipIf(SHARED === undefined)(`netconfd (skipped where ${WHY_SKIPPED})`, () => {
  let server: NetconfdServer

  beforeAll(async () => {
    server = await startNetconfd(8830)
  })

  afterAll(() => server[Symbol.asyncDispose]())

  const logins = [
    { method: 'password', credential: ({ passwordFile }: NetconfdServer) => ({ passwordFile }) },
    { method: 'public key', credential: ({ privateKeyFile }: NetconfdServer) => ({ privateKeyFile }) },
  ]

  it.each(logins)('is SUPPORTED through the whole product, by $method', async ({ credential }) => {
    const required = [
      'urn:ietf:params:netconf:base:1.1',
      { module: 'ietf-interfaces', minRevision: '2014-05-08' },
    ]
    await withGateway({ ...login(server), ...credential(server) }, required, async (query) => {
      const { device } = await probedDevice(query)
      expect(device).toMatchObject({
        netconfSupported: true,
        missingCapabilities: [],
        lastProbe: { outcome: 'SUPPORTED', phase: 'CLOSE', message: null },
      })
      expect(device.capabilities).toContainEqual({
        namespace: 'urn:ietf:params:xml:ns:yang:ietf-system',
        module: 'ietf-system',
        revision: '2014-08-06',
      })
      expect(device.capabilities.length).toBeGreaterThan(20)
    })
  })

  it('is MISSING_CAPABILITIES if a required one is not offered, and the message names it', async () => {
    const [{ credential }] = logins as [(typeof logins)[0]]
    const required = [{ module: 'ietf-interfaces', minRevision: '2099-01-01' }]
    await withGateway({ ...login(server), ...credential(server) }, required, async (query) => {
      const { device } = await probedDevice(query)
      expect(device).toMatchObject({
        netconfSupported: false,
        lastProbe: { outcome: 'MISSING_CAPABILITIES' },
      })
      expect(device.missingCapabilities).toEqual([expect.stringContaining('ietf-interfaces')])
    })
  })

  it('is AUTH_FAILED with a wrong password', async () => {
    const passwordFile = join(server.folder, 'wrong-password')
    await writeFile(passwordFile, 'wrong')
    await withGateway({ ...login(server), passwordFile }, [], async (query) => {
      const { device } = await probedDevice(query)
      expect(device.lastProbe).toMatchObject({ outcome: 'AUTH_FAILED', phase: 'AUTHENTICATE' })
    })
  })

  it('is probed by the command, which prints what it found', async () => {
    const { stdout } = await run(process.execPath, [
      BIN,
      'probe',
      `127.0.0.1:${server.port}`,
      '--user',
      server.user,
      '--key',
      server.privateKeyFile,
      '--require',
      'urn:ietf:params:xml:ns:yang:ietf-system',
      '--json',
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'SUPPORTED',
      missing: [],
      peer: { framing: 'chunked', identification: expect.stringContaining('OpenSSH') },
    })
  })
})

function login({ port, user }: NetconfdServer) {
  return { port, user }
}

type Query = <T>(text: string) => Promise<T>

interface ProbedDevice {
  netconfSupported: boolean
  missingCapabilities: string[]
  capabilities: { namespace: string; module: string; revision: string }[]
  lastProbe: { outcome: string; phase: string; message: string | null }
}

/** `rollcall serve` with one device in its inventory, for as long as `use` takes. */
async function withGateway(
  { port, user, ...secrets }: { port: number; user: string; [secret: string]: unknown },
  requiredCapabilities: unknown[],
  use: (query: Query) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-interop-gateway-'))
  await writeFile(
    join(folder, 'inventory.json'),
    JSON.stringify([{ name: 'netconfd', address: '127.0.0.1', port, site: 'LAB', country: 'Sweden' }]),
  )
  const { passwordFile, privateKeyFile } = secrets
  const config = {
    server: { port: 0 },
    sources: [{ name: 'lab', type: 'file', path: './inventory.json' }],
    credentials: [{ name: 'lab', username: user, passwordFile, privateKeyFile }],
    probe: { requiredCapabilities },
  }
  // JSON is YAML.
  await writeFile(join(folder, 'rollcall.yaml'), JSON.stringify(config))
  const child = spawn(process.execPath, [BIN, 'serve', '--config', join(folder, 'rollcall.yaml')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  try {
    const url = await urlFrom(child.stderr)
    await use(async <T>(text: string) => {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: text }),
      })
      return ((await response.json()) as { data: T }).data
    })
    child.kill('SIGTERM')
    expect(await exited).toBe(0)
  } finally {
    child.kill('SIGKILL')
    await exited
    await rm(folder, { recursive: true, force: true })
  }
}

async function urlFrom(stderr: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stderr })) {
    const url = /http:\/\/\S+\/graphql/.exec(line)?.[0]
    if (url) {
      stderr.resume()
      return url
    }
  }
  throw new Error('The gateway ended without saying where it is.')
}

/** The one device, once the refresh that the gateway starts by itself has ended. */
async function probedDevice(query: Query): Promise<{ device: ProbedDevice }> {
  let completed = 0
  while (completed === 0) {
    const { refreshes } = await query<{ refreshes: { totalCount: number } }>(
      '{ refreshes(state: [COMPLETED]) { totalCount } }',
    )
    completed = refreshes.totalCount
  }
  return query(`{
    device(name: "netconfd", site: "LAB", country: "Sweden") {
      netconfSupported missingCapabilities
      capabilities { namespace module revision }
      lastProbe { outcome phase message }
    }
  }`)
}
