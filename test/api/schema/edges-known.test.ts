import { expect, it } from 'vitest'
import { record } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { WIDE_LIMITS } from '../support/edge-data.ts'

const FIVE_FIELDS = 'name address platform lifecycle netconfSupported'

const NETWORK = ['Chad', 'Mali', 'Peru'].flatMap((country) =>
  ['a', 'b'].flatMap((site) =>
    [1, 2].map((number) => record(`${country}/${country} ${site}/${country}-${site}${number}`)),
  ),
)

/** What queries cost that ask for the same more than once: so many statements. */
const COSTS: Readonly<Record<string, number>> = {
  [`{ countries { name sites { name devices { ${FIVE_FIELDS} } } } }`]: 3,
  // And from each device the way back up.
  [`{ countries { sites { country { name } devices { ${FIVE_FIELDS} site { country { name } } country { name } } } } }`]: 3,
  [`{ devices { nodes { ${FIVE_FIELDS} site { name } country { name } } } }`]: 3,
  '{ country(name: "Chad") { sites { country { name } } } }': 2,
  '{ site(name: "Chad a") { devices { site { name } } } }': 2,
  '{ device(name: "Chad-a1") { site { devices { site { name } } } } }': 3,
  '{ devices { nodes { site { devices { changes { nodes { device { name } } } } } } } }': 4,
  '{ countries { a: sites { id } b: sites { id } } }': 2,
  '{ countries { a: sites { id } b: sites(filter: { name: { eq: "a" } }) { id } } }': 3,
}

it('reads nothing again that the query has read already', async () => {
  const { url, statements } = await startApi(NETWORK, { limits: WIDE_LIMITS })
  const found: Record<string, number> = {}
  for (const query of Object.keys(COSTS)) {
    statements.length = 0
    await dataOf(url, query)
    found[query] = statements.length
  }
  expect(found).toEqual(COSTS)
})

it('reads only the selected parts of a connection', async () => {
  const { url, statements } = await startApi(NETWORK)
  const statementsOf = async (query: string) => {
    statements.length = 0
    await dataOf(url, query)
    return [...statements]
  }
  const roots = ['changes', 'devices', 'refreshes', 'sites', 'syncPlans'].map((list) => `{ ${list} * }`)
  const ofDevice = ['changes', 'probes'].map((list) => `{ device(name: "Chad-a1") { ${list} * } }`)
  for (const list of [...roots, ...ofDevice]) {
    const around = (await statementsOf(list.replace('*', '{ __typename }'))).length
    expect(around, list).toBe(roots.includes(list) ? 0 : 1)
    const counting = (await statementsOf(list.replace('*', '{ totalCount }'))).slice(around)
    expect(counting, list).toEqual([expect.stringContaining('as "count"')])
    const parts = '{ nodes { id } edges { cursor } pageInfo { hasNextPage } }'
    const paging = (await statementsOf(list.replace('*', parts))).slice(around)
    expect(paging, list).not.toContain(counting[0])
    expect(
      paging.filter((sql) => sql.includes('as "position"')),
      list,
    ).toHaveLength(1)
  }
})
