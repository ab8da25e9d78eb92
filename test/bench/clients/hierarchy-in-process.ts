import { execute, parse } from 'graphql'
import type { ApiContext } from '../../../src/api/context.ts'
import { createLoaders } from '../../../src/api/loaders/loaders.ts'
import { schema } from '../../../src/api/schema/schema.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { openStore } from '../../../src/store/store.ts'
import { HIERARCHY } from '../support/hierarchy-query.ts'
import { answerRuns } from '../support/timed-program.ts'

// What the hierarchy takes where graphql-js itself runs it over our resolvers, with the document parsed and valid, and
// without HTTP. It also counts the statements: how many there are is up to the loaders, whatever runs the query.

const [path = ''] = process.argv.slice(2)
let statements = 0
const store = await openStore({
  database: path,
  log: silentLogger,
  onStatement: () => {
    statements += 1
  },
})
const document = parse(HIERARCHY)

answerRuns(
  async () => {
    statements = 0
    const viewer = { name: 'bench', role: 'ADMIN' }
    // What else a context has, this query does not ask for.
    const contextValue = {
      store,
      // It asks for no filter.
      loaders: createLoaders(store, () => undefined),
      viewer,
    } as unknown as ApiContext
    return JSON.stringify(await execute({ schema, document, contextValue }))
  },
  () => ({ statements }),
)
