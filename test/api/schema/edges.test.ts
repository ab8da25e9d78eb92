import { type GraphQLObjectType, getNamedType, isObjectType } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'
import { dataOf } from '../../support/graphql-answer.ts'
import { MOST_PARENTS, startApiWithEverything } from '../support/edge-data.ts'
import { askForEdges, cursorsOf, Query, queryEdges } from '../support/edge-queries.ts'
import { fieldsFrom, groupsOf, ownFields } from '../support/edge-walk.ts'

const PARENTS = [1, 3, MOST_PARENTS]
/**
 * PostgreSQL answers over several connections at once, so the keys that one answer gives may come too late for the
 * batch of the others, by chance. A statement for each parent would show in every try.
 */
const TRIES = 5

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
      const isRight = (counts: readonly number[]) => {
        const [one = 0] = counts
        return counts.every(
          (each, index) => each === (LOOK_UPS.includes(names) ? one * (PARENTS[index] ?? 0) : one),
        )
      }
      const fewest = PARENTS.map(() => Number.POSITIVE_INFINITY)
      for (let tries = 0; tries === 0 || (tries < TRIES && !isRight(fewest)); tries += 1) {
        for (const [index, count] of PARENTS.entries()) {
          api.statements.length = 0
          await askForEdges(api.url, group, { count, cursors })
          fewest[index] = Math.min(fewest[index] ?? 0, api.statements.length)
        }
      }
      if (!isRight(fewest)) wrong.push(`${names}: ${fewest.join(', ')}`)
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
