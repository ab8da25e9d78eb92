import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createYoga } from 'graphql-yoga'
import type { ApiContext } from '../../../src/api/context.ts'
import { createLoaders } from '../../../src/api/loaders/loaders.ts'
import { schema } from '../../../src/api/schema/schema.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { openStore } from '../../../src/store/store.ts'

// graphql-yoga as it comes, over our schema and store: no authentication, no limits, no compiled queries. It prints its
// URL, and ends with its stdin.

const [path = ''] = process.argv.slice(2)
const store = await openStore({ database: path, log: silentLogger })
const yoga = createYoga({
  schema,
  // What else a context has, the queries of the benchmark do not need, nor a filter.
  context: () =>
    ({
      store,
      filterOf: () => undefined,
      loaders: createLoaders(store, () => undefined),
      viewer: { name: 'bench', role: 'ADMIN' },
      deadline: { check: () => undefined },
    }) as unknown as ApiContext,
  logging: false,
})
const server = createServer(yoga)
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql\n`)
})
process.stdin.resume()
process.stdin.once('end', () => process.exit())
