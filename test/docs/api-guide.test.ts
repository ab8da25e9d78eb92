import { Kind, type OperationDefinitionNode, parse, validate } from 'graphql'
import { expect, it } from 'vitest'
import { schema } from '../../src/api/schema/schema.ts'
import { blocksOf } from '../house/markdown.ts'
import { startApiOverFleet } from '../support/api-over-fleet.ts'
import { ask, dataOf } from '../support/graphql-answer.ts'
import { allOf, overSse } from '../support/subscribers.ts'

const blocks = blocksOf('docs/api-guide.md')

it('the operations of the API guide are valid, and are answered as it shows', async () => {
  const { url } = await startApiOverFleet({ devices: 12, faulty: 1, timeoutMs: 2_000 })
  const { subscribe } = overSse(url)
  const { startRefresh } = await dataOf<{ startRefresh: { refresh: { id: string } } }>(
    url,
    'mutation { startRefresh(input: { sync: false }) { refresh { id } } }',
  )
  const refresh = startRefresh.refresh.id
  await allOf(
    subscribe('subscription ($id: ID!) { refreshProgress(refreshId: $id) { done } }', { id: refresh }),
  )
  const { devices } = await dataOf<{
    devices: { nodes: { name: string; site: { country: { id: string } } }[] }
  }>(url, '{ devices(filter: { netconfSupported: true }) { nodes { name site { country { id } } } } }')
  const [device] = devices.nodes
  const variables = { refresh, name: device?.name, country: device?.site.country.id }

  const operations = blocks.filter(({ language }) => language === 'graphql')
  expect(operations.length).toBeGreaterThan(5)
  for (const { place, text } of operations) {
    const document = parse(text)
    expect(validate(schema, document), place).toEqual([])
    const definition = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION)
    const given = variablesOf(definition, variables)
    const next = blocks[blocks.findIndex((block) => block.place === place) + 1]
    const answers =
      definition?.operation === 'subscription'
        ? (await allOf(subscribe(text, given))).map((data) => ({ data }))
        : [await ask(url, text, given)]
    expect(answers.length, place).toBeGreaterThan(0)
    if (next?.language === 'json') expect(shapeOf(answers[0]), place).toEqual(shapeOf(JSON.parse(next.text)))
    else for (const answer of answers) expect(answer, place).toEqual({ data: expect.anything() })
  }
})

/** Returns the given values of the variables that an operation has. */
function variablesOf(
  operation: OperationDefinitionNode | undefined,
  values: Record<string, unknown>,
): Record<string, unknown> {
  const names = (operation?.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
  return Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name]]))
}

/** Replaces each value by the name of its type, and each list by the different shapes of its items. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    const shapes = value.map((item) => JSON.stringify(shapeOf(item)))
    return [...new Set(shapes)].map((shape) => JSON.parse(shape))
  }
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value
  const fields = Object.entries(value).map(([name, field]) => [name, shapeOf(field)] as const)
  return Object.fromEntries(fields.sort(([one], [other]) => (one < other ? -1 : 1)))
}
