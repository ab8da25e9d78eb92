import { z } from 'zod'
import { nearest } from './nearest.ts'

export type KeyPath = readonly PropertyKey[]

/** `credentials[0].match`, as a person would write it. */
export function formatPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? String(key) : `${text}.${String(key)}`
  }, '')
}

/** What to do about a key in `config` that a schema does not know: the nearest known one, or else all that may stand there. */
export function suggestKey(schema: z.core.$ZodType, config: unknown, parent: KeyPath, key: string): string {
  const siblings = Object.keys(at({ schema, value: config }, parent))
  const sibling = nearest(key, siblings)
  if (sibling !== null) return `did you mean "${formatPath([...parent, sibling])}"?`
  const elsewhere = Object.entries(shapeOf({ schema, value: config })).find(([name, section]) =>
    Object.hasOwn(shapeOf({ schema: section, value: valueAt(config, name) }), key),
  )
  if (elsewhere) return `did you mean "${elsewhere[0]}.${key}"?`
  return `the keys known there are ${siblings.join(', ')}.`
}

/** A schema, and the value that it is asked about: of a union, that tells which part of it counts. */
interface Place {
  schema: z.core.$ZodType
  value: unknown
}

type Shape = Readonly<Record<string, z.core.$ZodType>>

/** The keys that may stand at a path. */
function at(root: Place, path: KeyPath): Shape {
  const place = path.reduce<Place>((outer, key) => {
    const { schema } = unwrap(outer)
    const value = valueAt(outer.value, key)
    if (schema instanceof z.ZodArray) return { schema: schema.element, value }
    return { schema: shapeOf(outer)[String(key)] ?? schema, value }
  }, root)
  return shapeOf(place)
}

function valueAt(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined
}

function shapeOf(place: Place): Shape {
  const { schema } = unwrap(place)
  return schema instanceof z.ZodObject ? schema.shape : {}
}

function unwrap(place: Place): Place {
  const { schema, value } = place
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) {
    return unwrap({ schema: schema.unwrap(), value })
  }
  // A preprocessed value: what comes out of it is what the keys are known of.
  if (schema instanceof z.ZodPipe) return unwrap({ schema: schema.out, value })
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const option = schema.options.find((each) => isFor(each, schema.def.discriminator, value))
    return option === undefined ? place : { schema: option, value }
  }
  return place
}

/** Whether an option of a union is the one that a value belongs to. */
function isFor(option: z.core.$ZodType, discriminator: string, value: unknown): boolean {
  const literal = shapeOf({ schema: option, value })[discriminator]
  return literal instanceof z.ZodLiteral && literal.values.has(valueAt(value, discriminator) as string)
}
