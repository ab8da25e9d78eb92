import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { NODE_FLAGS } from '../cli/run-rollcall.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { freePort } from '../support/free-port.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { writeSettled } from '../support/settled-file.ts'
import { installNode, type NodeVersion, run } from './support/node-version.ts'
import { startProgram } from './support/start-program.ts'

const ROOT = join(import.meta.dirname, '../..')

let folder: string
let packed: { filename: string; size: number; files: { path: string }[] }
let tarball: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-package-'))
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: ROOT,
    maxBuffer: 2 ** 26,
  })
  // The output of the build comes first.
  ;[packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n')))
  tarball = join(folder, packed.filename)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

/** The files below a folder of the clone, or of the package. */
const filesOf = async (path: string) =>
  (await readdir(join(ROOT, path), { recursive: true })).map((name) => `${path}/${name}`)

describe('the tarball', () => {
  it('has what is built of each module, and no sources but the file that starts them', async () => {
    const sources = [...(await filesOf('src')), ...(await filesOf('migrations'))]
    const built = sources
      .filter((path) => path.endsWith('.ts') && !path.startsWith('src/console/'))
      .map((path) => `dist/${path.replace(/\.ts$/, '.js')}`)
    const paths = packed.files.map(({ path }) => path)
    expect(built.length).toBeGreaterThan(100)
    expect(paths.filter((path) => /^dist\/(src|migrations)\//.test(path)).sort()).toEqual(built.sort())
    expect(paths.filter((path) => /\.tsx?$|^test\/|^src\//.test(path))).toEqual(['src/cli/bin.js'])
    expect(paths).toContain('dist/console/index.html')
    expect(paths).toContain('LICENSE')
    expect(paths).toContain('THIRD-PARTY-LICENSES')
  })
})

/** npm 10 comes with Node.js 22 and runs install scripts, which a newer one does only if the user allows it. */
const VERSIONS = [
  { version: '22.18.0', npm: '10' },
  { version: '24', npm: undefined },
  { version: '26', npm: undefined },
]

describe.each(VERSIONS)('under Node.js $version and without a compiler', ({ version, npm }) => {
  let node: NodeVersion
  let cwd: string
  let rollcall: string
  const start = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    startProgram(rollcall, args, { cwd, env: { ...node.env, ...env } })
  const finish = async (args: readonly string[], env?: NodeJS.ProcessEnv) => await start(args, env).finished

  beforeAll(async () => {
    node = await installNode(version, join(folder, `node-${version}`), npm)
    cwd = join(folder, `installed-${version}`)
    await mkdir(cwd)
    await node.npm(['install', tarball], cwd)
    rollcall = join(cwd, 'node_modules/.bin/rollcall')
    process.stdout.write(
      `Node.js ${version}: the tarball has ${kilobytes(packed.size)} kB, ` +
        `the installed tree ${kilobytes(await sizeOf(join(cwd, 'node_modules')))} kB.\n`,
    )
  })

  it('prints its version, by npx as well', async () => {
    const expected = { code: 0, stdout: `${packageJson.version}\n`, stderr: '' }
    expect(await finish(['--version'])).toEqual(expected)
    expect(await node.npm(['exec', '--', 'rollcall', '--version'], cwd)).toBe(expected.stdout)
  })

  it('runs the demo with its console, and with the flags and the variable of the bin', async () => {
    const demo = start(['demo', '--devices', '50', '--faulty', '0', '--port', '0'])
    const [, url = ''] = await demo.printed(/GraphiQL: (\S+)\/graphql/)
    await demo.printed(/Ctrl-C stops the demo/)
    expect(await dataOf(`${url}/graphql`, '{ summary { devices supported } }')).toEqual({
      summary: { devices: 50, supported: 50 },
    })
    const page = await (await fetch(`${url}/`, { headers: { accept: 'text/html' } })).text()
    expect(page).toContain('<title>Rollcall</title>')
    const assets = [...page.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '')
    expect(assets.length).toBeGreaterThan(1)
    for (const path of assets) expect((await fetch(url + path)).status, path).toBe(200)
    const command = readFileSync(`/proc/${demo.child.pid}/cmdline`, 'utf8').split('\0')
    expect(command).toEqual(expect.arrayContaining([...NODE_FLAGS]))
    const variables = readFileSync(`/proc/${demo.child.pid}/environ`, 'utf8').split('\0')
    expect(variables).toContain('MALLOC_ARENA_MAX=2')
    demo.child.kill('SIGINT')
    const { code, stderr } = await demo.finished
    expect(stderr).toContain('SUPPORTED  50')
    expect(stderr).not.toContain('Warning')
    expect(code).toBe(0)
  })

  it('probes a device, and serves the inventory that it is in', async () => {
    const fleet = start(['simulate', '--devices', '3', '--inventory', 'fleet.json'])
    const [, address = ''] = await fleet.printed(/the first at (\S+)\.\n/)
    await fleet.printed(/Ctrl-C stops them/)
    const env = { FLEET_PASSWORD: 'simulated' }
    const login = ['--user', 'rollcall', '--password-env', 'FLEET_PASSWORD']
    const probed = await finish(['probe', address, ...login, '--json'], env)
    expect(probed).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(probed.stdout)).toMatchObject({ outcome: 'SUPPORTED' })

    await writeSettled(join(cwd, 'fleet.json'), readFileSync(join(cwd, 'fleet.json'), 'utf8'))
    const port = await freePort()
    await writeFile(
      join(cwd, 'rollcall.yaml'),
      `server: { port: ${port} }
sources: [{ name: fleet, type: file, path: fleet.json }]
credentials: [{ name: fleet, username: rollcall, passwordEnv: FLEET_PASSWORD }]
`,
    )
    expect(await finish(['config', 'check'], env)).toMatchObject({ code: 0 })
    const gateway = start(['serve'], env)
    await gateway.printed(/Rollcall serves GraphQL/)
    expect(await finish(['health'], env)).toEqual({ code: 0, stdout: 'The gateway is ready.\n', stderr: '' })
    gateway.child.kill('SIGTERM')
    expect(await gateway.finished).toMatchObject({ code: 0 })
    expect(await finish(['db', 'check'], env)).toMatchObject({ code: 0 })
  })

  it('writes a configuration that it accepts, with the schema for editors', async () => {
    expect(await finish(['init', '--yes', '--source', 'none', 'new.yaml'])).toMatchObject({ code: 0 })
    const [, schema = ''] = /\$schema=(.+)/.exec(await readFile(join(cwd, 'new.yaml'), 'utf8')) ?? []
    expect(JSON.parse(await readFile(schema, 'utf8'))).toHaveProperty('$schema')
    const checked = await finish(['config', 'check', '--config', 'new.yaml'], { NETOPS_PASSWORD: 'secret' })
    expect(checked).toMatchObject({ code: 0 })
  })

  it('lets bash complete its commands', async () => {
    await writeFile(join(cwd, 'completion.bash'), (await finish(['completion', 'bash'])).stdout)
    const { stdout } = await run('bash', ['-c', 'source completion.bash && complete -p rollcall'], { cwd })
    expect(stdout).toBe('complete -F _rollcall rollcall\n')
  })

  it('exports its schema and nothing that could be imported', async () => {
    const imported = async (name: string) =>
      await run('node', ['--input-type=module', '-e', `import.meta.resolve('${name}')`], {
        cwd,
        env: node.env,
      })
    await imported('rollcall/schema.graphql')
    await expect(imported('rollcall')).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED')
    await expect(imported('rollcall/dist/src/gateway.js')).rejects.toThrow('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })
})

it('runs as `rollcall` once it is installed globally', async () => {
  const node = await installNode('24', join(folder, 'node-global'))
  const prefix = join(folder, 'global')
  const cwd = await temporaryFolder()
  await node.npm(['install', '--global', '--prefix', prefix, tarball], cwd)
  const ran = startProgram(join(prefix, 'bin/rollcall'), ['--version'], { cwd, env: node.env })
  expect(await ran.finished).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' })
})

it.each(['20', '18', '16', '12'])('says under Node.js %s in one sentence what it needs', async (version) => {
  const { env } = await installNode(version, join(folder, `old-${version}`))
  const cwd = await temporaryFolder()
  const bin = join(folder, 'installed-24/node_modules/.bin/rollcall')
  const { code, stdout, stderr } = await startProgram(bin, ['demo'], { cwd, env }).finished
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(
    new RegExp(
      `^rollcall: Node\\.js 22\\.18 or newer is needed and this is ${version}\\.[\\d.]+; [^\\n]+\\n$`,
    ),
  )
})

async function sizeOf(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(
    files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

function kilobytes(bytes: number): string {
  return Math.round(bytes / 1_000).toLocaleString('en-US')
}
