import { writeFile } from 'node:fs/promises'
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

/** Starts a gateway, and returns the lines that are for a person, once it runs. */
async function serve(server: object): Promise<{ lines: string[]; url: string }> {
  const cwd = await temporaryFolder()
  const config = { server: { port: 0, ...server }, workers: 1, log: { format: 'json', level: 'error' } }
  await writeFile(join(cwd, 'rollcall.yaml'), JSON.stringify(config))
  const { child, printed } = startRollcall(['serve'], { cwd })
  onTestFinished(() => void child.kill('SIGKILL'))
  const { input, 1: url = '' } = await printed(/(http:\S+)\/graphql\n/)
  return { lines: input.trimEnd().split('\n'), url }
}
