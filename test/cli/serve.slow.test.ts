import { readdirSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { startRollcall } from './run-rollcall.ts'

it('serve prints the addresses of the console and of GraphQL', async () => {
  const { lines, url } = await serve({})
  expect(lines).toEqual([
    `Rollcall serves the console on ${url}/`,
    `Rollcall serves GraphQL on ${url}/graphql`,
  ])
  expect(await (await fetch(`${url}/`)).text()).toContain('<title>Rollcall</title>')
})

it('serve prints no address of a console that is turned off', async () => {
  const { lines, url } = await serve({ console: false })
  expect(lines).toEqual([`Rollcall serves GraphQL on ${url}/graphql`])
})

it.runIf(process.platform === 'linux')(
  'serve lowers the priority of the helper threads of V8 only',
  async () => {
    const { pid } = await serve({})
    const threads = readdirSync(`/proc/${pid}/task`).map((id) => {
      const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, 'latin1')
      const [, name = '', rest = ''] = /\((.*)\) (.*)/s.exec(stat) ?? []
      // proc(5): the 19th field.
      return { name, nice: Number(rest.split(' ')[16]) }
    })
    const lowered = threads.filter(({ nice }) => nice > getPriority()).map(({ name }) => name)
    expect(new Set(lowered)).toEqual(new Set(['node-V8Worker']))
    expect(threads.filter(({ name }) => name === 'node-V8Worker').length).toBe(lowered.length)
  },
)

/** Starts a gateway, and returns the lines that are for a person, once it runs. */
async function serve(server: object): Promise<{ lines: string[]; url: string; pid: number | undefined }> {
  const cwd = await temporaryFolder()
  const config = { server: { port: 0, ...server }, workers: 1, log: { format: 'json', level: 'error' } }
  await writeFile(join(cwd, 'rollcall.yaml'), JSON.stringify(config))
  const { child, printed } = startRollcall(['serve'], { cwd })
  onTestFinished(() => void child.kill('SIGKILL'))
  const { input, 1: url = '' } = await printed(/(http:\S+)\/graphql\n/)
  return { lines: input.trimEnd().split('\n'), url, pid: child.pid }
}
