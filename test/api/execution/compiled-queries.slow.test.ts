import fc from 'fast-check'
import { execute, getOperationAST, parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import {
  CompiledQueries,
  createDocumentCaches,
  QueryCompiler,
} from '../../../src/api/execution/compiled-queries.ts'
import { schema } from '../../../src/api/schema/schema.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { executionsOf, probedInventory, randomQueries, textOf } from '../support/probed-inventory.ts'

const ROUNDS = propertyRuns(80)

describe('a compiled query', () => {
  it('gives the same result as graphql, including errors', async () => {
    const { newContext } = await probedInventory()
    let compared = 0
    await fc.assert(
      fc.asyncProperty(randomQueries, async (query) => {
        const args = executionsOf(query, newContext)
        const expected = textOf(await execute(args()))
        const compiled = new CompiledQueries(schema)
        for (let turn = 1; turn <= 4; turn += 1) {
          expect(textOf(await compiled.execute(args()))).toBe(expected)
        }
        compared += 1
      }),
      { numRuns: ROUNDS },
    )
    expect(compared).toBe(ROUNDS)
  })

  it('is not compiled if that would take more memory than it saves time', async () => {
    const compiler = new QueryCompiler(schema)
    const compiled = (text: string) => {
      const document = parse(text)
      const operation = getOperationAST(document)
      return operation && compiler.compile(document, operation)
    }
    const devices = (count: number) =>
      Array.from({ length: count }, (_, index) => `a${index}: gateway { version }`).join(' ')
    expect(compiled(`{ ${devices(100)} }`)).toMatchObject({ fields: 200 })
    expect(compiled(`{ ${devices(151)} }`)).toBeNull()
    const doubled = '{ ...A ...A } fragment A on Query { ...B ...B } fragment B on Query '
    expect(compiled(`${doubled} { ${devices(30)} }`)).toMatchObject({ fields: 240 })
    expect(compiled(`${doubled} { ${devices(40)} }`)).toBeNull()
  })
})

describe('the cache of documents', () => {
  it('is limited in size, and keeps no texts that do not parse', () => {
    const { documentCache, errorCache } = createDocumentCaches()
    for (let index = 0; index < 100; index += 1)
      documentCache.set(`${index} ${'x'.repeat(50_000)}`, {} as never)
    expect(documentCache.size).toBe(9)
    errorCache.set()
    expect(errorCache.get()).toBeUndefined()
  })
})
