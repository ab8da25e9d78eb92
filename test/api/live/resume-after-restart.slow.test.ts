import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import type { Config } from '../../../src/config/schema.ts'
import { type Gateway, startGateway } from '../../../src/gateway.ts'
import { startFleet } from '../../../src/simulator/fleet.ts'
import { temporaryFolder } from '../../store/support/fixture.ts'
import { defaultConfig } from '../../support/default-config.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { writeSettled } from '../../support/settled-file.ts'
import { allOf, nextOf, overSse } from '../../support/subscribers.ts'

interface ResultsEvent {
  probeResults: { cursor: string; probes: { id: string }[]; progress: { state: string } }
}

const RESULTS = `subscription Results($id: ID!, $after: String) {
  probeResults(refreshId: $id, after: $after, everyMs: 50) { cursor probes { id } progress { state } }
}`

/** Over a fleet that keeps two probes at a time busy for a while. */
async function slowConfig(): Promise<Config> {
  const fleet = await startFleet({ devices: 24, faulty: 6 })
  onTestFinished(() => fleet.close())
  const folder = await temporaryFolder()
  const path = join(folder, 'inventory.json')
  await writeSettled(path, JSON.stringify(fleet.inventory))
  return defaultConfig({
    server: { port: 0 },
    database: join(folder, 'rollcall.db'),
    sources: [{ name: 'global', type: 'file', path, fields: {} }],
    schedule: { onStart: false },
    credentials: [{ name: 'fleet', ...fleet.credential, match: null }],
    probe: { timeoutMs: 1_000 },
    throttle: { concurrency: 2, coolDownMs: 0 },
  })
}

async function started(config: Config): Promise<Gateway> {
  const gateway = await startGateway({ config, log: silentLogger })
  onTestFinished(() => gateway.close())
  return gateway
}

function idsOf(events: readonly ResultsEvent[]): string[] {
  return events.flatMap(({ probeResults }) => probeResults.probes.map(({ id }) => id))
}

it('continues after a cursor when the gateway was restarted, without loss or repetition', async () => {
  const config = await slowConfig()
  const gateway = await started(config)
  const { startRefresh } = await dataOf<{ startRefresh: { refresh: { id: string } } }>(
    `${gateway.url}/graphql`,
    'mutation { startRefresh(input: { sync: true }) { refresh { id } } }',
  )
  const { id } = startRefresh.refresh
  const faithful = overSse(`${gateway.url}/graphql`).subscribe<ResultsEvent>(RESULTS, { id })
  const hasty = overSse(`${gateway.url}/graphql`).subscribe<ResultsEvent>(RESULTS, { id })
  const heardByHasty = [await nextOf(hasty)]
  await hasty.return?.()
  const rest = allOf(faithful)
  await gateway.close()
  const heardByFaithful = await rest
  expect(heardByFaithful.at(-1)?.probeResults.progress.state).toBe('INTERRUPTED')

  const { url } = await started(config)
  const went = [heardByFaithful, heardByHasty].map(async (heard) => {
    const after = heard.at(-1)?.probeResults.cursor
    return [
      ...heard,
      ...(await allOf(overSse(`${url}/graphql`).subscribe<ResultsEvent>(RESULTS, { id, after }))),
    ]
  })
  const [one = [], other = []] = await Promise.all(went)
  const { refresh } = await dataOf<{ refresh: { probes: { nodes: { id: string }[] } } }>(
    `${url}/graphql`,
    'query Probes($id: ID!) { refresh(id: $id) { probes { nodes { id } } } }',
    { id },
  )
  expect(refresh.probes.nodes).toHaveLength(24)
  expect(idsOf(one)).toEqual(refresh.probes.nodes.map((probe) => probe.id))
  expect(idsOf(other)).toEqual(idsOf(one))
  expect(one.at(-1)?.probeResults.progress.state).toBe('COMPLETED')
})
