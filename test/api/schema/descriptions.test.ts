import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
} from 'graphql'
import { describe, expect, it } from 'vitest'
import { schema } from '../../../src/api/schema/schema.ts'

const described = [...coordinates()]

describe('the descriptions of the schema', () => {
  it('are there for every type, field, argument, input field and enum value', () => {
    const without = described.filter(({ description }) => description === '')
    expect(without.map(({ coordinate }) => coordinate)).toEqual([])
  })

  it('are sentences', () => {
    const unfinished = described.filter(({ description }) => !/^[^a-z\s].*[.…]$/s.test(description))
    expect(unfinished).toEqual([])
  })

  it('say more than the name of the element', () => {
    const idle = described.filter(({ name, description }) => {
      const words = (text: string) => text.toLowerCase().match(/[a-z0-9]+/g) ?? []
      const own = new Set([...words(name.replace(/([a-z])([A-Z])/g, '$1 $2')), 'the', 'a', 'an', 'its', 'of'])
      return words(description).every((word) => own.has(word))
    })
    expect(idle).toEqual([])
  })

  it('name the unit of durations', () => {
    const durations = described.filter(({ name }) => name.endsWith('Ms'))
    expect(durations.length).toBeGreaterThan(0)
    expect(durations.filter(({ description }) => !/\bmilliseconds\b/i.test(description))).toEqual([])
  })
})

interface Described {
  coordinate: string
  name: string
  /** Empty where there is none. */
  description: string
}

/** All that is public, by schema coordinate: `Query.devices(first:)`. */
function* coordinates(): Generator<Described> {
  for (const directive of schema.getDirectives()) {
    if (!isSpecifiedDirective(directive)) yield one(`@${directive.name}`, directive)
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type) || isSpecifiedScalarType(type)) continue
    yield one(type.name, type)
    yield* membersOf(type)
  }
}

function* membersOf(type: GraphQLNamedType): Generator<Described> {
  if (isEnumType(type)) {
    for (const value of type.getValues()) yield one(`${type.name}.${value.name}`, value)
  } else if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) yield one(`${type.name}.${field.name}`, field)
  } else if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      yield one(`${type.name}.${field.name}`, field)
      for (const argument of field.args) yield one(`${type.name}.${field.name}(${argument.name}:)`, argument)
    }
  }
}

function one(
  coordinate: string,
  { name, description }: { name: string; description?: string | null | undefined },
): Described {
  return { coordinate, name, description: description?.trim() ?? '' }
}
