import { getIntrospectionQuery } from 'graphql'
import { encodeGlobalId } from '../../../src/base/global-id.ts'
import type { FloodJob, FloodRequest } from '../support/flood-messages.ts'
import { HIERARCHY } from '../support/hierarchy-query.ts'

/** What one caller asks for at once. No two requests are equal, so that none is answered with what another one got. */
export interface Flood {
  name: string
  load: Pick<FloodJob, 'requests' | 'overWebSocket'>
}

const PARTS_OF_FILTER = 195
const DEVICES = 'nodes { id name address netconfSupported lastProbedAt }'

const FILTERED = `query ($filter: DeviceFilter) { devices(filter: $filter, first: 100) { ${DEVICES} } }`
const PERSISTED = `query ($skip: Boolean!, $country: String!) {
  countries { name sites { name devices { id name address netconfSupported lastProbedAt } } }
  country(name: $country) @skip(if: $skip) { name }
}`

/** The file of persisted operations that the floods need. */
export const PERSISTED_OPERATIONS = { flood: PERSISTED }

export const FLOODS: readonly Flood[] = [
  overHttp('40 whole hierarchies', 40, (index) => ({ query: hierarchy(index) })),
  overHttp('100 filters of 195 contains', 100, (index) => ({
    query: FILTERED,
    variables: {
      filter: { or: times(PARTS_OF_FILTER, (part) => ({ name: { contains: `none ${index} ${part}` } })) },
    },
  })),
  overHttp('40 × 20 aliases of 1,000 devices', 40, (index) => ({
    query: `{ ${times(20, (alias) => `a${alias}n${index}: devices(first: 1000) { ${DEVICES} }`).join(' ')} }`,
  })),
  {
    name: '100 replays of 14,000 results',
    load: {
      requests: times(100, (index) => ({
        ...post({
          query: `subscription { s${index}: probeResults(refreshId: "${encodeGlobalId('Refresh', 1)}") { cursor probes { id outcome device { id name address site { name } } } } }`,
        }),
        accept: 'text/event-stream',
      })),
      overWebSocket: [],
    },
  },
  {
    name: '60 exports of each kind',
    load: {
      requests: times(60, () => ['/export/hierarchy.json?all=true', '/export/devices.ndjson?all=true'])
        .flat()
        .map((path) => ({ method: 'GET', path })),
      overWebSocket: [],
    },
  },
  overHttp('200 introspections', 200, (index) => ({
    query: `${getIntrospectionQuery({ inputValueDeprecation: true })} # ${index}`,
  })),
  overHttp('300 mutations', 300, (index) => ({
    query:
      'mutation ($input: DeviceInput!) { onboardDevice(input: $input) { device { id name site { name } } } }',
    variables: {
      input: {
        name: `flood-${index}`,
        site: 'FLOOD',
        country: 'Flood',
        address: `127.1.${index >> 8}.${index & 255}`,
      },
    },
  })),
  {
    name: '100 hierarchies over one WebSocket',
    load: { requests: [], overWebSocket: times(100, (index) => ({ query: hierarchy(1_000 + index) })) },
  },
  {
    name: '60 persisted hierarchies by GET',
    load: {
      requests: times(60, (index) => ({
        method: 'GET',
        path: `/graphql?documentId=flood&variables=${encodeURIComponent(JSON.stringify({ skip: false, country: `none ${index}` }))}`,
      })),
      overWebSocket: [],
    },
  },
]

function overHttp(name: string, count: number, paramsOf: (index: number) => object): Flood {
  return { name, load: { requests: times(count, (index) => post(paramsOf(index))), overWebSocket: [] } }
}

function post(params: object): FloodRequest {
  return { method: 'POST', path: '/graphql', body: JSON.stringify(params) }
}

function hierarchy(index: number): string {
  return HIERARCHY.replace('countries', `h${index}: countries`)
}

function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}
