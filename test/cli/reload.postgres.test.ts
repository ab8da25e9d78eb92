import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { newStore, temporaryFolder } from '../store/support/fixture.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { runInProcess } from './run-in-process.ts'
import { startRollcall } from './run-rollcall.ts'

const BUDGETS = '{ gateway { budgets { name limit } credentials { name } } }'

interface Answer {
  gateway: { budgets: { name: string; limit: number }[]; credentials: { name: string }[] }
}

it('follows a change in each process that gets a SIGHUP', { timeout: 360_000 }, async () => {
  const { database } = await newStore()
  const cwd = await temporaryFolder()
  const write = (perSite: number, credential: string) =>
    writeFile(
      join(cwd, 'rollcall.yaml'),
      JSON.stringify({
        server: { port: 0 },
        database,
        schedule: { onStart: false },
        credentials: [{ name: credential, username: 'netops', passwordFile: 'password' }],
        throttle: { perSite },
        devices: { region: [{ region: 'EMEA', country: '*' }] },
        workers: 1,
      }),
    )
  await writeFile(join(cwd, 'password'), 'simulated')
  await write(10, 'old')
  const start = async (words: string[], pattern: RegExp) => {
    const running = startRollcall(words, { cwd })
    onTestFinished(async () => {
      running.child.kill('SIGKILL')
      await running.finished
    })
    return { ...running, match: await running.printed(pattern) }
  }
  const engine = await start(['serve', '--role', 'engine'], /works if no other one does/)
  const api = await start(['serve', '--role', 'api'], /(http:\S+\/graphql)/)
  const prober = await start(['prober', '--region', 'EMEA'], /probes for the region EMEA/)

  const check = await runInProcess(['config', 'check', '--online'], { cwd })
  expect(check.stdout).toMatch(/database +PostgreSQL \d+\S*.*: up to date\n/)
  expect(check).toMatchObject({ code: 0, stderr: '' })

  await write(3, 'new')
  for (const { child, printed } of [engine, api, prober]) {
    child.kill('SIGHUP')
    await printed(/"event":"config\.reloaded".*credential \\"new\\": added/)
  }
  const url = api.match[1] ?? ''
  const limitOf = async () => {
    const { gateway } = await dataOf<Answer>(url, BUDGETS)
    expect(gateway.credentials).toEqual([{ name: 'new' }])
    return gateway.budgets.find(({ name }) => name === 'perSite')?.limit
  }
  await expect.poll(limitOf).toBe(3)
})
