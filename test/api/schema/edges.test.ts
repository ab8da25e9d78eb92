import { type GraphQLObjectType, getNamedType, isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { MOST_PARENTS, startApiWithEverything } from '../support/edge-data.ts'
import { askForEdges, cursorsOf, Query, queryEdges } from '../support/edge-queries.ts'
import { fieldsFrom, groupsOf, ownFields } from '../support/edge-walk.ts'

const PARENTS = [1, 3, MOST_PARENTS]

/** Each of them is a statement of its own. */
const LOOK_UPS: readonly string[] = ['Query.country', 'Query.device', 'Query.site']

describe('the number of SQL statements', () => {
  it('is the same for one parent as for many, at every field of the schema', async () => {
    const api = await startApiWithEverything()
    const cursors = await cursorsOf(api.url)
    const edges = queryEdges()
    expect([...new Set(edges.map(({ field }) => field))].sort()).toEqual(fieldsFrom(schema, Query).sort())
    // What is read once in the life of a process.
    await dataOf(api.url, '{ gateway { credentials { name } } }')

    const wrong: string[] = []
    for (const group of groupsOf(edges)) {
      const names = group.map(({ name }) => name).join(' ')
      const counts: number[] = []
      for (const count of PARENTS) {
        api.statements.length = 0
        await askForEdges(api.url, group, { count, cursors })
        counts.push(api.statements.length)
      }
      const [one = 0] = counts
      const expected = PARENTS.map((count) => (LOOK_UPS.includes(names) ? count * one : one))
      if (counts.join() !== expected.join()) wrong.push(`${names}: ${counts.join(', ')}`)
    }
    expect(wrong).toEqual([])
    expect(edges.length).toBeGreaterThan(200)
  })

  it('is one for each parent that only a mutation or a subscription returns', () => {
    const queried = new Set(fieldsFrom(schema, Query))
    const roots = [schema.getMutationType(), schema.getSubscriptionType()] as GraphQLObjectType[]
    const objects = Object.values(schema.getTypeMap()).filter(isObjectType)
    const others = objects.filter(
      (type) => !type.name.startsWith('__') && !queried.has(ownFields(type)[0] ?? ''),
    )
    const ledTo = (type: GraphQLObjectType) =>
      Object.values(type.getFields()).map((field) => getNamedType(field.type))
    const fromOneParent = new Set([...roots, ...roots.flatMap(ledTo)])
    const left = (types: readonly GraphQLObjectType[]) => types.map(({ name }) => name)
    // Those of BulkLeft are counted in bulk-mutations.test.ts.
    expect(left(others.filter((type) => !fromOneParent.has(type)))).toEqual(['BulkLeft'])
    const fromSeveral = new Set(objects.filter((type) => !roots.includes(type)).flatMap(ledTo))
    expect(left(others.filter((type) => fromSeveral.has(type)))).toEqual(['BulkLeft'])
  })
})
