import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { stringify } from 'csv-stringify/sync'
import { expect, it, onTestFinished } from 'vitest'
import { startFleet } from '../../src/simulator/fleet.ts'
import { runRollcall, startRollcall } from '../cli/run-rollcall.ts'
import { startProgram } from '../package/support/start-program.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { freePort } from '../support/free-port.ts'
import { type Answer, post } from '../support/graphql-answer.ts'
import { isInstalled } from '../support/is-installed.ts'
import { writeSettled } from '../support/settled-file.ts'
import { TemporaryPostgres } from '../support/temporary-postgres.ts'
import { until } from '../support/until.ts'
import { readDeployFile, readDocuments } from './support/deploy-files.ts'

/** What a process prints once it is up. */
const UP = /Rollcall serves GraphQL|Rollcall runs as an engine|Rollcall probes for the region EMEA/

/** Of the processes of the compose file. */
const ROLES = ['API', 'API', 'ENGINE', 'ENGINE', 'PROBER', 'PROBER']

const DEVICES = 60

const SECRETS = { postgres: 'the password of the database', netops: 'simulated' }

interface Compose {
  services: Record<string, { image: string; command: string[] }>
}

it('the processes of the cluster probe, and answer through the load balancer when one ends', async ({
  skip,
}) => {
  skip(!isInstalled('haproxy'), 'haproxy is not installed')
  const folder = await temporaryFolder()
  const { env, apis } = await prepare(folder)
  const [{ services } = { services: {} }] = readDocuments('compose/cluster.yaml') as Compose[]
  const own = Object.entries(services).filter(([, { image }]) => image === 'rollcall')
  const processes = own.map(([name, { command }]) => {
    const port = apis[name]
    const running = startRollcall(command, {
      cwd: folder,
      env: { ...env, ...(port !== undefined && { ROLLCALL_SERVER_PORT: String(port) }) },
    })
    onTestFinished(async () => {
      running.child.kill('SIGKILL')
      await running.finished
    })
    return { name, running }
  })
  // Compose starts all of them at once.
  await Promise.all(processes.map(({ running }) => running.printed(UP)))
  const created = await runRollcall(['token', 'create', 'me', '--role', 'ADMIN'], { cwd: folder, env })
  const url = await startLoadBalancer(folder, apis)
  const authorization = `Bearer ${created.stdout.trim()}`
  const ask = async <T>(query: string): Promise<T | null | undefined> => {
    const response = await post(`${url}/graphql`, query, {}, { authorization })
    // HAProxy says in HTML that it has no process that is ready.
    return ((await response.json().catch(() => ({}))) as Answer<T>).data
  }
  // It listens and has looked at the processes.
  await until(async () => (await ask('{ viewer { name } }').catch(() => null)) != null)
  const supported = async () =>
    (await ask<{ summary: { supported: number } }>('{ summary { supported } }'))?.summary.supported
  await until(async () => (await supported()) === DEVICES)
  const roles = async () =>
    (
      await ask<{ gateway: { processes: { role: string }[] } }>('{ gateway { processes { role } } }')
    )?.gateway.processes
      .map(({ role }) => role)
      .sort()
  await until(async () => isDeepStrictEqual(await roles(), ROLES))

  const [first] = processes.filter(({ name }) => name in apis)
  first?.running.child.kill('SIGKILL')
  await first?.running.finished
  await until(async () => (await supported()) === DEVICES)
  for (const { name, running } of processes) {
    if (name === first?.name) continue
    running.child.kill('SIGTERM')
    expect(await running.finished, name).toMatchObject({ code: 0 })
  }
}, 240_000)

/** Starts what the processes need. Their files are those of `deploy/`, with the addresses of this machine. */
async function prepare(
  folder: string,
): Promise<{ env: NodeJS.ProcessEnv; apis: Readonly<Record<string, number>> }> {
  const server = await TemporaryPostgres.start({ password: SECRETS.postgres })
  onTestFinished(() => server[Symbol.asyncDispose]())
  await server.query('create database rollcall')
  const fleet = await startFleet({ devices: DEVICES, faulty: 0 })
  onTestFinished(() => fleet.close())
  const inventory = join(folder, 'inventory.csv')
  const columns = ['country', 'site', 'name', 'address', 'port']
  await writeSettled(inventory, stringify([...fleet.inventory], { header: true, columns }))
  const secrets = join(folder, 'secrets')
  await mkdir(secrets)
  for (const [name, secret] of Object.entries(SECRETS)) await writeFile(join(secrets, name), `${secret}\n`)
  const config = readDeployFile('compose/rollcall.yaml')
    .replace('0.0.0.0', '127.0.0.1')
    .replace('@postgres/', `@127.0.0.1:${server.port}/`)
    .replaceAll('/run/secrets', secrets)
    .replace('/etc/rollcall/inventory.csv', inventory)
    .replace('username: netops', `username: ${fleet.credential.username}`)
  await writeFile(join(folder, 'rollcall.yaml'), config)
  return {
    env: { ROLLCALL_CONFIG: join(folder, 'rollcall.yaml') },
    apis: { 'api-1': await freePort(), 'api-2': await freePort() },
  }
}

/** Starts HAProxy with the configuration of the compose file. Returns its address. */
async function startLoadBalancer(folder: string, apis: Readonly<Record<string, number>>): Promise<string> {
  const port = await freePort()
  const config = Object.entries(apis).reduce(
    (text, [name, own]) => text.replace(`${name}:4000`, `127.0.0.1:${own}`),
    readDeployFile('compose/haproxy.cfg').replace('bind :8080', `bind 127.0.0.1:${port}`),
  )
  const file = join(folder, 'haproxy.cfg')
  await writeFile(file, config)
  const env = { PATH: `${process.env.PATH}:/usr/sbin` }
  const checked = await startProgram('haproxy', ['-c', '-f', file], { cwd: folder, env }).finished
  expect(checked).toMatchObject({ code: 0 })
  expect(checked.stderr).not.toContain('WARNING')
  startProgram('haproxy', ['-db', '-f', file], { cwd: folder, env })
  return `http://127.0.0.1:${port}`
}
