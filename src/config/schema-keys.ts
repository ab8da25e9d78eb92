import { z } from 'zod'

export type KeyPath = readonly PropertyKey[]

type Shape = Readonly<Record<string, z.core.$ZodType>>

/** A schema and the value it is applied to. The value selects the member of a union. */
interface Place {
  schema: z.core.$ZodType
  value: unknown
}

/** The keys that `schema` knows at a path of `value`, with the schema of each; none if no mapping belongs there. */
export function keysAt(schema: z.core.$ZodType, value: unknown, path: KeyPath = []): Shape {
  const place = path.reduce<Place>((outer, key) => step(unwrap(outer), key), { schema, value })
  return shapeOf(place)
}

function step({ schema, value }: Place, key: PropertyKey): Place {
  const inner = valueAt(value, key)
  if (schema instanceof z.ZodArray) return { schema: schema.element, value: inner }
  return { schema: shapeOf({ schema, value })[String(key)] ?? schema, value: inner }
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
