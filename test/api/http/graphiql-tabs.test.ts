import { expect, it } from 'vitest'
import { GRAPHIQL_TABS } from '../../../src/api/http/graphiql-tabs.ts'
import { startApiOverFleet } from '../../support/api-over-fleet.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { allOf, overSse } from '../../support/subscribers.ts'

it('the tabs of GraphiQL show the tree, start a refresh, and follow it', async () => {
  const { url } = await startApiOverFleet({ devices: 6, faulty: 0 })
  const [tree, start, follow] = GRAPHIQL_TABS
  expect(await dataOf(url, tree?.query ?? '')).toMatchObject({ summary: { devices: 6 } })
  expect(await dataOf(url, start?.query ?? '')).toMatchObject({ startRefresh: { started: true } })
  const variables = JSON.parse(follow?.variables ?? '')
  const events = await allOf<{ probeResults: { probes: object[] } }>(
    overSse(url).subscribe(follow?.query ?? '', variables),
  )
  expect(events.flatMap(({ probeResults }) => probeResults.probes)).toHaveLength(6)
  const page = await fetch(url, { headers: { accept: 'text/html' } })
  expect(await page.text()).toContain(JSON.stringify(follow?.query))
})
