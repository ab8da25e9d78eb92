import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { type Running, runRollcall, startRollcall } from '../cli/run-rollcall.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { freePort } from '../support/free-port.ts'
import { type Answer, post } from '../support/graphql-answer.ts'
import { until } from '../support/until.ts'
import { readDocuments } from './support/deploy-files.ts'

interface Compose {
  services: Record<'fleet' | 'gateway', { command: string[]; environment: NodeJS.ProcessEnv }>
  configs: { gateway: { content: string } }
}

function started(running: Running): Running {
  onTestFinished(async () => {
    running.child.kill('SIGKILL')
    await running.finished
  })
  return running
}

it('the gateway of the demo probes the fleet, and answers who has a token', async () => {
  const [demo] = readDocuments('compose/demo.yaml') as [Compose]
  const { fleet, gateway } = demo.services
  const cwd = await temporaryFolder()
  const inventory = join(cwd, 'fleet.json')
  const command = fleet.command.map((word) =>
    word === '1000' ? '40' : word.replace(/^\/.*fleet\.json$/, inventory),
  )
  const simulated = started(startRollcall(command, { cwd }))
  await simulated.printed(/^They accept the user/m)

  const config = demo.configs.gateway.content
    .replace('0.0.0.0', '127.0.0.1')
    .replace('/inventory/fleet.json', inventory)
    .replace('/var/lib/rollcall/', `${cwd}/`)
  await writeFile(join(cwd, 'rollcall.yaml'), config)
  const port = await freePort()
  const env = { ...gateway.environment, ROLLCALL_SERVER_PORT: String(port) }
  await started(startRollcall(['serve'], { cwd, env })).printed(/Rollcall serves GraphQL/)
  const { stdout: token } = await runRollcall(['token', 'create', 'me', '--role', 'ADMIN'], { cwd, env })

  const url = `http://127.0.0.1:${port}/graphql`
  const query = '{ summary { devices supported } }'
  expect((await post(url, query)).status).toBe(401)
  const authorization = `Bearer ${token.trim()}`
  await until(async () => {
    const response = await post(url, query, {}, { authorization })
    const { data } = (await response.json()) as Answer<{ summary: { supported: number } }>
    return data?.summary.supported === 40 - 11
  })
})
