import { copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { BIN, runRollcall, startRollcall } from './run-rollcall.ts'

/** Makes a process take its Node.js for an old one, unless another such process started it. */
const OLD_NODE = `
  if (process.env.STARTED_BY_OLD === undefined) {
    process.env.STARTED_BY_OLD = 'yes'
    Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })
  }`
const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(OLD_NODE)}` }

it('the bin can be run as npx runs it', async () => {
  expect((await stat(BIN)).mode & 0o111).toBe(0o111)
})

describe('under a Node.js that is too old, the bin', () => {
  it('runs the command with the Node.js that npm ci installed, and returns its exit code', async () => {
    const cwd = await temporaryFolder()
    expect(await runRollcall(['probe'], { cwd, env })).toEqual({
      code: 2,
      stdout: '',
      stderr: "rollcall: missing required argument 'device'\n",
    })
  })

  it('passes signals on to it', async () => {
    const cwd = await temporaryFolder()
    const served = startRollcall(['serve'], { cwd, env: { ...env, ROLLCALL_SERVER_PORT: '0' } })
    onTestFinished(() => void served.child.kill('SIGKILL'))
    await served.printed(/will be probed/)
    served.child.kill('SIGUSR1')
    served.child.kill('SIGTERM')
    const { code, stderr } = await served.finished
    expect(stderr).toContain('"signal":"SIGTERM"')
    expect(code).toBe(0)
  })

  it.each([
    {
      where: 'a clone without node_modules',
      files: ['main.ts'],
      remedy: '`npm ci` in the clone brings a newer one',
    },
    { where: 'the package', files: [], remedy: 'install a newer one' },
  ])('says what it needs in $where', async ({ files, remedy }) => {
    const cwd = await temporaryFolder()
    await mkdir(join(cwd, 'src/cli'), { recursive: true })
    const bin = join(cwd, 'src/cli/bin.js')
    await copyFile(BIN, bin)
    for (const file of files) await writeFile(join(cwd, 'src/cli', file), '')
    expect(await runRollcall(['serve'], { cwd, env, bin })).toEqual({
      code: 1,
      stdout: '',
      stderr: `rollcall: Node.js 22.18 or newer is needed and this is 20.19.0; ${remedy}.\n`,
    })
  })
})
