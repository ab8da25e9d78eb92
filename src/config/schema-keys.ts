import { z } from 'zod'
import { isMapping } from './layers.ts'

export type KeyPath = readonly PropertyKey[]

type Shape = Readonly<Record<string, z.core.$ZodType>>

/** A schema and the value it is applied to. The value selects the member of a union. */
interface Place {
  schema: z.core.$ZodType
  value: unknown
}

/**
 * The keys that `schema` knows at a path of `value`, with the schema of each; none if no mapping belongs
 * there.
 */
export function keysAt(schema: z.core.$ZodType, value: unknown, path: KeyPath = []): Shape {
  const place = path.reduce<Place>((outer, key) => step(unwrap(outer), key), { schema, value })
  return shapeOf(place)
}

function step({ schema, value }: Place, key: PropertyKey): Place {
  const inner = valueAt(value, key)
  if (schema instanceof z.ZodArray) return { schema: schema.element, value: inner }
  return { schema: shapeOf({ schema, value })[String(key)] ?? schema, value: inner }
}

/** The defaults of a mapping, by key, as a file would write them. Keys without a default are left out. */
export function defaultsOf(schema: z.core.$ZodType): Readonly<Record<string, unknown>> {
  const defaults = Object.entries(shapeOf({ schema, value: undefined })).flatMap(([key, inner]) => {
    if (!(inner instanceof z.ZodPrefault)) return []
    const isMapping = Object.keys(shapeOf({ schema: inner, value: undefined })).length > 0
    return [[key, isMapping ? defaultsOf(inner) : inner.def.defaultValue]]
  })
  return Object.fromEntries(defaults)
}

/**
 * Returns a value with the defaults of all keys that it lacks, in the order of the schema, as a file would
 * write them.
 */
export function withDefaults(schema: z.core.$ZodType, value: unknown): unknown {
  const place = unwrap({ schema, value })
  if (place.schema instanceof z.ZodArray && Array.isArray(value)) {
    const { element } = place.schema
    return value.map((item) => withDefaults(element, item))
  }
  const shape = Object.entries(shapeOf(place))
  if (!isMapping(value) || shape.length === 0) return value
  const entries = shape.flatMap(([key, inner]) => {
    const given = valueAt(value, key) ?? (inner instanceof z.ZodPrefault ? inner.def.defaultValue : undefined)
    return given === undefined ? [] : [[key, withDefaults(inner, given)]]
  })
  return Object.fromEntries(entries)
}

/** The value at a key; undefined if there is none. */
export function valueAt(value: unknown, key: PropertyKey): unknown {
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
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodPrefault) {
    return unwrap({ schema: schema.unwrap(), value })
  }
  // One side of a pipe is a function, which has no keys.
  if (schema instanceof z.ZodPipe) {
    return unwrap({ schema: schema.in instanceof z.ZodTransform ? schema.out : schema.in, value })
  }
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const option = schema.options.find((each) => isFor(each, schema.def.discriminator, value))
    return option === undefined ? place : unwrap({ schema: option, value })
  }
  return place
}

/** Whether an option of a union is the one that a value belongs to. */
function isFor(option: z.core.$ZodType, discriminator: string, value: unknown): boolean {
  const literal = shapeOf({ schema: option, value })[discriminator]
  return literal instanceof z.ZodLiteral && literal.values.has(valueAt(value, discriminator) as string)
}
