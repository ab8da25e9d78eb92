import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { DockerfileParser, type Instruction, type JSONInstruction } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startFleet } from '../../src/simulator/fleet.ts'
import { readDeployFile } from '../deploy/support/deploy-files.ts'
import { freePort } from '../support/free-port.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { isInstalled } from '../support/is-installed.ts'
import { writeSettled } from '../support/settled-file.ts'
import { until } from '../support/until.ts'
import { cleanEnvironment, run } from './support/node-version.ts'
import { startProgram } from './support/start-program.ts'

const ROOT = join(import.meta.dirname, '../..')
const DOCKERFILE = readDeployFile('image/Dockerfile')

/** Whether this process may change its file system as an image does. */
const canEnter = process.getuid?.() === 0 && isInstalled('tini')
const WHY_SKIPPED = 'only root can make a file system read-only, and tini is needed'

const instructions = DockerfileParser.parse(DOCKERFILE).getInstructions()

describe('the Dockerfile', () => {
  it('has no mistake that its grammar knows of', () => {
    expect(validate(DOCKERFILE)).toEqual([])
  })

  it('builds by the script, and runs as a user by number', () => {
    const runs = instructions
      .filter((each) => each.getKeyword() === 'RUN')
      .map((each) => each.getArgumentsContent())
    expect(runs[0]).toBe('/clone/deploy/image/build.sh /app')
    expect(last('USER').getArgumentsContent()).toMatch(/^[1-9]\d*:[1-9]\d*$/)
  })
})

describe('the folder of the image', () => {
  let folder: string
  let app: string
  /** The folder of the database, the only one that may be written to. */
  let data: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-image-'))
    const clone = join(folder, 'clone')
    app = join(folder, 'app')
    data = join(folder, 'data')
    const bin = join(folder, 'bin')
    const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      maxBuffer: 2 ** 26,
    })
    for (const path of stdout.split('\0').filter((path) => path !== '' && existsSync(join(ROOT, path)))) {
      await cp(join(ROOT, path), join(clone, path))
    }
    await run(join(clone, 'deploy/image/build.sh'), [app], { env: environment(), maxBuffer: 2 ** 26 })
    await rm(clone, { recursive: true })
    await mkdir(data)
    // As the Dockerfile does.
    await mkdir(bin)
    await symlink(join(app, 'src/cli/bin.js'), join(bin, 'rollcall'))
    await run('chmod', ['755', folder])
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** Starts words of the Dockerfile as its user, on a file system that is read-only but for `data`. */
  function startInImage(words: readonly string[], env: NodeJS.ProcessEnv) {
    const [uid = '', gid = ''] = last('USER').getArgumentsContent()?.split(':') ?? []
    const user = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs']
    const script = `mount -o remount,bind,ro / && mount -t tmpfs -o uid=${uid},gid=${gid},mode=700 tmpfs "$0" && cd "$0" && exec "$@"`
    return startProgram('unshare', ['--mount', 'sh', '-c', script, data, ...user, ...words], {
      cwd: folder,
      env: { ...environment(), PATH: [join(folder, 'bin'), environment().PATH].join(delimiter), ...env },
    })
  }

  it('has no development dependency, and SQLite for one system', async () => {
    const packages = await readdir(join(app, 'node_modules'))
    expect(packages).toContain('graphql-yoga')
    expect(packages.filter((name) => ['node', 'typescript', 'vite', 'vitest'].includes(name))).toEqual([])
    const prebuilds = await readdir(join(app, 'node_modules/better-sqlite3/prebuilds'))
    expect(prebuilds).toEqual([`linux-${process.arch}.node`])
    const { stdout } = await run('du', ['--summarize', '--apparent-size', '--block-size=kB', app])
    process.stdout.write(`The folder of the image has ${stdout.split('\t')[0]}.\n`)
  })

  it('serves as a user who may write nothing but the database, and ends in order', async ({ skip }) => {
    skip(!canEnter, WHY_SKIPPED)
    const fleet = await startFleet({ devices: 20, faulty: 0 })
    const port = await freePort()
    const config = join(folder, 'rollcall.yaml')
    await writeSettled(join(folder, 'fleet.json'), JSON.stringify(fleet.inventory))
    await writeFile(
      config,
      JSON.stringify({
        server: { port },
        database: join(data, 'rollcall.db'),
        sources: [{ name: 'fleet', type: 'file', path: 'fleet.json' }],
        credentials: [{ name: 'fleet', username: 'rollcall', passwordEnv: 'FLEET_PASSWORD' }],
      }),
    )
    const env = { FLEET_PASSWORD: 'simulated', ROLLCALL_CONFIG: config }
    const gateway = startInImage([...wordsOf('ENTRYPOINT'), ...wordsOf('CMD')], env)
    await gateway.printed(/Rollcall serves GraphQL/)
    const url = `http://127.0.0.1:${port}`
    const supported = async () =>
      (await dataOf<{ summary: { supported: number } }>(`${url}/graphql`, '{ summary { supported } }'))
        .summary.supported
    await until(async () => (await supported()) === 20)
    await fleet.close()
    const page = await fetch(url, { headers: { accept: 'text/html' } })
    expect(await page.text()).toContain('<title>Rollcall</title>')

    const [, ...health] = last('HEALTHCHECK').getArgumentsContent()?.split('CMD') ?? []
    const healthy = await startInImage(JSON.parse(health.join('CMD')), env).finished
    expect(healthy).toEqual({ code: 0, stdout: 'The gateway is ready.\n', stderr: '' })
    gateway.child.kill('SIGTERM')
    expect(await gateway.finished).toMatchObject({ code: 0, stdout: '' })
  })

  it('cannot change itself', async ({ skip }) => {
    skip(!canEnter, WHY_SKIPPED)
    const { code, stderr } = await startInImage(['touch', join(app, 'dist/src/cli/main.js')], {}).finished
    expect(stderr).toMatch(/Read-only file system|Permission denied/)
    expect(code).toBe(1)
  })
})

/** The last instruction with this keyword: that of the final stage. */
function last(keyword: string): Instruction {
  const found = instructions.findLast((each) => each.getKeyword() === keyword)
  if (found === undefined) throw new Error(`The Dockerfile has no ${keyword}.`)
  return found
}

function wordsOf(keyword: string): string[] {
  return (last(keyword) as JSONInstruction).getJSONStrings().map((each) => JSON.parse(each.getValue()))
}

/** The environment of a user who has the Node.js of the tests. */
function environment(): NodeJS.ProcessEnv {
  return { ...cleanEnvironment(), PATH: [dirname(process.execPath), process.env.PATH].join(delimiter) }
}
