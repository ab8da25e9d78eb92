import Sqlite from 'better-sqlite3'
import fastify from 'fastify'
import mercurius from 'mercurius'

// mercurius over the same database, with a schema that has just the page of the benchmark and one statement for it, and
// with its compiler of queries turned on. It prints its URL, and ends with its stdin.

const [path = ''] = process.argv.slice(2)
const sqlite = new Sqlite(path, { readonly: true })
const page = sqlite.prepare(`
  select devices.id, devices.name, devices.address, devices.netconf_supported, devices.last_probed_at,
    sites.name as site, countries.name as country
  from devices join sites on sites.id = devices.site_id join countries on countries.id = sites.country_id
  where devices.lifecycle = 'ACTIVE' and devices.name > ? order by devices.name limit ?`)

const app = fastify()
await app.register(mercurius, {
  jit: 1,
  schema: `
    type Place { name: String! }
    type Device {
      id: ID!
      name: String!
      address: String
      netconfSupported: Boolean
      lastProbedAt: String
      site: Place!
      country: Place!
    }
    type PageInfo { endCursor: String! }
    type Devices { nodes: [Device!]!, pageInfo: PageInfo! }
    type Query { devices(first: Int!, after: String): Devices! }`,
  resolvers: {
    Query: {
      devices: (_root, { first, after }) => {
        const rows = page.all(after ?? '', first)
        return { nodes: rows.map(deviceOf), pageInfo: { endCursor: rows.at(-1)?.name ?? '' } }
      },
    },
  },
})

function deviceOf(row) {
  return {
    id: row.id,
    name: row.name,
    address: row.address,
    netconfSupported: row.netconf_supported === null ? null : row.netconf_supported === 1,
    lastProbedAt: row.last_probed_at === null ? null : new Date(row.last_probed_at).toISOString(),
    site: { name: row.site },
    country: { name: row.country },
  }
}

process.stdout.write(`${await app.listen({ host: '127.0.0.1', port: 0 })}/graphql\n`)
process.stdin.resume()
process.stdin.once('end', () => process.exit())
