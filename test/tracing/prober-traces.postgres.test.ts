import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import { startGateway } from '../../src/gateway.ts'
import { startProber } from '../../src/prober.ts'
import { startFleet } from '../../src/simulator/fleet.ts'
import { testDatabase } from '../refresh/remote/support/queue.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { defaultConfig } from '../support/default-config.ts'
import { dataOf } from '../support/graphql-answer.ts'
import { writeSettled } from '../support/settled-file.ts'
import { until } from '../support/until.ts'
import { startCollecting } from './collector.ts'

it('a trace leads through the queue to the phases that a prober reports', async () => {
  const { spans } = await startCollecting()
  const fleet = await startFleet({ devices: 2, faulty: 0 })
  onTestFinished(() => fleet.close())
  const path = join(await temporaryFolder(), 'inventory.json')
  await writeSettled(path, JSON.stringify(fleet.inventory))
  const config = defaultConfig({
    server: { port: 0 },
    database: await testDatabase(),
    sources: [{ name: 'global', type: 'file', path, fields: {} }],
    schedule: { onStart: false },
    credentials: [{ name: 'fleet', ...fleet.credential, match: null }],
    probe: { timeoutMs: 60_000 },
    probers: { default: 'EMEA' },
    workers: 1,
  })
  const gateway = await startGateway({ config, log: silentLogger })
  onTestFinished(() => gateway.close())
  const { signal } = new AbortController()
  const prober = await startProber({
    config,
    regions: ['EMEA'],
    concurrency: 10,
    name: 'prober of EMEA',
    log: silentLogger,
    signal,
  })
  onTestFinished(() => prober.close())
  const { startRefresh } = await dataOf<{ startRefresh: { refresh: { id: string } } }>(
    `${gateway.url}/graphql`,
    'mutation Start { startRefresh(input: {}) { refresh { id } } }',
  )
  const state = async () => {
    const query = 'query ($id: ID!) { refresh(id: $id) { state } }'
    const answer = await dataOf<{ refresh: { state: string } }>(
      `${gateway.url}/graphql`,
      query,
      startRefresh.refresh,
    )
    return answer.refresh.state
  }
  await until(async () => (await state()) === 'COMPLETED')
  await prober.close()
  await gateway.close()
  const found = await spans()
  const pathTo = (name: string) => found.filter((span) => span.name === name).map(({ parent }) => parent)
  expect(pathTo('mutation Start')).toEqual(['POST /graphql'])
  expect(pathTo('refresh')).toEqual(['mutation Start'])
  expect(pathTo('probe')).toEqual(['refresh', 'refresh'])
  expect(pathTo('HELLO')).toEqual(['probe', 'probe'])
  const regions = found.filter(({ name }) => name === 'probe').map(({ attributes }) => attributes)
  expect(regions).toMatchObject(Array(2).fill({ 'rollcall.region': 'EMEA' }))
})
