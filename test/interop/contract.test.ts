import { readFileSync } from 'node:fs'
import { type InputValueDefinitionNode, Kind, parse, print, printSchema } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../src/api/schema.ts'
import { SHARED, sharedPath, WHY_SKIPPED } from './shared-folder.ts'

/** What the contract promises and this version does not have yet; what is part of it goes without saying. */
const YET_TO_COME: string[] = []

describe.skipIf(SHARED === undefined)(`the contract (skipped where ${WHY_SKIPPED})`, () => {
  const contract = definitionsIn(
    SHARED === undefined ? '' : readFileSync(sharedPath('contract', 'schema.graphql'), 'utf8'),
  )
  const ours = definitionsIn(printSchema(schema))

  it('says of all that is here what is said here: the same types, the same default values', () => {
    const differing = [...ours].filter(([coordinate, definition]) => contract.get(coordinate) !== definition)
    expect(differing).toEqual([])
  })

  it('has nothing more than what is yet to come', () => {
    const missing = [...contract.keys()].filter((coordinate) => !ours.has(coordinate))
    const wholes = missing.filter(
      (each) => !missing.includes(each.replace(/[.(][^.(]*$/, '')) || !/[.(]/.test(each),
    )
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

function kindOf(definition: {
  kind: string
  interfaces?: readonly { name: { value: string } }[] | undefined
}): string {
  const interfaces = (definition.interfaces ?? []).map(({ name }) => name.value).sort()
  return [definition.kind, ...interfaces].join(' ')
}

function inputOf({ type, defaultValue }: InputValueDefinitionNode): string {
  return defaultValue ? `${print(type)} = ${print(defaultValue)}` : print(type)
}
