import { readFileSync } from 'node:fs'
import { type InputValueDefinitionNode, Kind, parse, print, printSchema, type StringValueNode } from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../src/api/schema/schema.ts'
import { SHARED, sharedPath, WHY_SKIPPED } from './shared-folder.ts'

describe.skipIf(SHARED === undefined)(`the contract (skipped where ${WHY_SKIPPED})`, () => {
  const promised =
    SHARED === undefined ? definitionsIn('') : definitionsIn(textOf('schema.graphql', 'additions.graphql'))
  const printed = definitionsIn(printSchema(schema))
  const contract = promised.definitions
  const ours = printed.definitions

  it('is kept: its types and default values are unchanged', () => {
    const differing = [...ours].filter(
      ([coordinate, definition]) => (contract.get(coordinate) ?? definition) !== definition,
    )
    expect(differing).toEqual([])
  })

  it('is kept for inputs: nothing that was added is required', () => {
    const demanded = [...ours].filter(
      ([coordinate, definition]) =>
        !contract.has(coordinate) &&
        contract.has(parentOf(coordinate) ?? '') &&
        /^input .*!$/.test(definition),
    )
    expect(demanded).toEqual([])
  })

  it('is complete: everything that it names exists', () => {
    const missing = [...contract.keys()].filter((coordinate) => !ours.has(coordinate))
    expect(missing).toEqual([])
  })

  it('has its descriptions in the schema, with every name, value and number', () => {
    const untold = [...promised.descriptions].flatMap(([coordinate, text]) => {
      const ours = printed.descriptions.get(coordinate) ?? ''
      const left = termsOf(text).filter((term) => !ours.includes(term))
      return ours === '' || left.length > 0 ? [[coordinate, ...left]] : []
    })
    expect(promised.descriptions.size).toBeGreaterThan(0)
    expect(untold).toEqual([])
  })
})

function textOf(...files: string[]): string {
  return files.map((file) => readFileSync(sharedPath('contract', file), 'utf8')).join('\n')
}

/** What a schema defines, and how it describes that, by schema coordinate (`Query.devices(first:)`). */
function definitionsIn(sdl: string) {
  const definitions = new Map<string, string>()
  const descriptions = new Map<string, string>()
  const keep = (
    coordinate: string,
    { description }: { description?: StringValueNode | undefined },
    definition: string,
  ) => {
    definitions.set(coordinate, definition)
    if (description) descriptions.set(coordinate, description.value)
  }
  for (const definition of sdl === '' ? [] : parse(sdl).definitions) {
    if (!('name' in definition) || !definition.name) continue
    const type = definition.name.value
    if ('description' in definition) keep(type, definition, kindOf(definition))
    if (definition.kind === Kind.ENUM_TYPE_DEFINITION) {
      for (const value of definition.values ?? []) keep(`${type}.${value.name.value}`, value, 'a value')
    } else if (
      definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION
    ) {
      for (const field of definition.fields ?? []) keep(`${type}.${field.name.value}`, field, inputOf(field))
    } else if (
      definition.kind === Kind.OBJECT_TYPE_DEFINITION ||
      definition.kind === Kind.OBJECT_TYPE_EXTENSION ||
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION
    ) {
      for (const field of definition.fields ?? []) {
        const coordinate = `${type}.${field.name.value}`
        keep(coordinate, field, print(field.type))
        for (const argument of field.arguments ?? [])
          keep(`${coordinate}(${argument.name.value}:)`, argument, inputOf(argument))
      }
    }
  }
  return { definitions, descriptions }
}

/** What a description must not lose, in whichever words: names of code, values of enums, numbers. */
function termsOf(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`|\b[A-Z][A-Z_]{3,}\b|\b\d+(?:\.\d+)*\b/g)].map(
    ([whole, code]) => code ?? whole,
  )
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
