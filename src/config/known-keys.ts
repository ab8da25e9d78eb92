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

/** What to do about a key that a schema does not know: the nearest known one, or else all that may stand there. */
export function suggestKey(schema: z.core.$ZodType, parent: KeyPath, key: string): string {
  const siblings = Object.keys(shapeOf(at(schema, parent)))
  const sibling = nearest(key, siblings)
  if (sibling !== null) return `did you mean "${formatPath([...parent, sibling])}"?`
  const elsewhere = Object.entries(shapeOf(schema)).find(([, section]) =>
    Object.hasOwn(shapeOf(section), key),
  )
  if (elsewhere) return `did you mean "${elsewhere[0]}.${key}"?`
  return `the keys known there are ${siblings.join(', ')}.`
}

/** The schema of what stands at a path. */
function at(schema: z.core.$ZodType, path: KeyPath): z.core.$ZodType {
  return path.reduce<z.core.$ZodType>((outer, key) => {
    const unwrapped = unwrap(outer)
    if (unwrapped instanceof z.ZodArray) return unwrapped.element
    return shapeOf(unwrapped)[String(key)] ?? unwrapped
  }, schema)
}

function shapeOf(schema: z.core.$ZodType): Readonly<Record<string, z.core.$ZodType>> {
  const unwrapped = unwrap(schema)
  return unwrapped instanceof z.ZodObject ? unwrapped.shape : {}
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return unwrap(schema.unwrap())
  // A preprocessed value: what comes out of it is what the keys are known of.
  if (schema instanceof z.ZodPipe) return unwrap(schema.out)
  return schema
}
