import { readFileSync } from 'node:fs'
import { type InputValueDefinitionNode, Kind, parse, print, printSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../src/api/schema.ts'
import { SHARED, sharedPath, WHY_SKIPPED } from './shared-folder.ts'

/** What the contract promises and this version does not have yet; what is part of it goes without saying. */
const YET_TO_COME = ['Mutation.retryRefresh', 'Query.viewer', 'Role', 'Viewer']

describe.skipIf(SHARED === undefined)(`the contract (skipped where ${WHY_SKIPPED})`, () => {
  const contract = definitionsIn(
    SHARED === undefined ? '' : readFileSync(sharedPath('contract', 'schema.graphql'), 'utf8'),
  )
  const ours = definitionsIn(printSchema(schema))

  it('is kept: what it names has the types and default values that it says', () => {
    const differing = [...ours].filter(
      ([coordinate, definition]) => (contract.get(coordinate) ?? definition) !== definition,
    )
    expect(differing).toEqual([])
  })

  it('is kept by whoever writes to it: nothing that was added to it must be given', () => {
    const demanded = [...ours].filter(
      ([coordinate, definition]) =>
        !contract.has(coordinate) &&
        contract.has(parentOf(coordinate) ?? '') &&
        /^input .*!$/.test(definition),
    )
    expect(demanded).toEqual([])
  })

  it('is fulfilled but for what is yet to come', () => {
    const missing = new Set([...contract.keys()].filter((coordinate) => !ours.has(coordinate)))
    const wholes = [...missing].filter((coordinate) => {
      const parent = parentOf(coordinate)
      return parent === null || !missing.has(parent)
    })
    expect(wholes.sort()).toEqual(YET_TO_COME)
  })
})

/** What a schema defines, by schema coordinate (`Query.devices(first:)`). */
function definitionsIn(sdl: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const definition of sdl === '' ? [] : parse(sdl).definitions) {
    if (!('name' in definition) || !definition.name) continue
    const type = definition.name.value
    found.set(type, kindOf(definition))
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION) {
      for (const value of definition.values ?? []) found.set(`${type}.${value.name.value}`, 'a value')
    } else if (definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
      for (const field of definition.fields ?? []) found.set(`${type}.${field.name.value}`, inputOf(field))
    } else if (
      definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION
    ) {
      for (const field of definition.fields ?? []) {
        const coordinate = `${type}.${field.name.value}`
        found.set(coordinate, print(field.type))
        for (const argument of field.arguments ?? [])
          found.set(`${coordinate}(${argument.name.value}:)`, inputOf(argument))
      }
    }
  }
  return found
}

/** `Query.devices` of `Query.devices(first:)`, `Query` of that; null of a type. */
function parentOf(coordinate: string): string | null {
  const end = Math.max(coordinate.lastIndexOf('.'), coordinate.lastIndexOf('('))
  return end === -1 ? null : coordinate.slice(0, end)
}

function kindOf(definition: {
  kind: string
  interfaces?: readonly { name: { value: string } }[] | undefined
}): string {
  const interfaces = (definition.interfaces ?? []).map(({ name }) => name.value).sort()
  return [definition.kind, ...interfaces].join(' ')
}

function inputOf({ type, defaultValue }: InputValueDefinitionNode): string {
  return `input ${print(type)}${defaultValue ? ` = ${print(defaultValue)}` : ''}`
}
