import { z } from 'zod'
import { readAddress } from './address.ts'
import { endpointOf, identityKey } from './identity.ts'
import { isObject, WrittenNumber } from './parsed-values.ts'
import { hasBidiControl, plainText } from './plain-text.ts'
import type { InventoryRecord, RejectedRecord } from './record.ts'

/** The source's names for our fields, if they differ from ours. */
export type FieldNames = { readonly [Field in keyof InventoryRecord]?: string | undefined }

export interface RecordRules {
  fields: FieldNames
  /** The port of records that have none. */
  defaultPort: number
  /** The name of a country for each name that the source uses for it, both normalised. */
  countryAliases?: ReadonlyMap<string, string> | undefined
}

/** The rules that do not depend on the source's names for our fields. */
export type CommonRules = Omit<RecordRules, 'fields'>

/** The positions of the keys, identities and endpoints (address and port) of one source's records so far. */
export interface SeenRecords {
  readonly keys: Map<string, number>
  readonly identities: Map<string, number>
  readonly endpoints: Map<string, number>
}

const MAX_LENGTH = 255
const SHOWN_LENGTH = 200
/** Control characters garble tables and logs. Half of a surrogate pair cannot be stored. */
const NOT_TEXT = /[\p{Cc}\p{Cs}]/u

/** Programs write this in place of a character that they could not decode. */
const LOST = '\ufffd'

/** A long number that a spreadsheet has shortened: 221000000001 becomes 2.21E+11, as do many others. */
const SHORTENED = /^\d(?:[.,]\d+)?E\+\d{2,3}$/i
/** pandas writes whole numbers as decimals if the column has empty cells. */
const WHOLE_NUMBER = /^(\d{1,5})(?:\.0)?$/

const text = z
  .string({
    error: ({ input }) =>
      input === undefined ? 'is missing or empty' : `is ${described(input)}, which is not text`,
  })
  .max(MAX_LENGTH, { error: `has more than ${MAX_LENGTH} characters`, abort: true })
  .refine((value) => !NOT_TEXT.test(value), 'holds a control character or a broken one')
  .refine((value) => !value.includes(LOST), {
    error: `holds "${LOST}", which stands for a character that was lost; have the text written in UTF-8`,
  })

const readableText = text.refine((value) => !hasBidiControl(value), {
  error: 'holds a bidirectional control character, which lets it look like another text; remove it',
})

const identifying = readableText.refine((value) => !SHORTENED.test(value), {
  error: ({ input }) =>
    `is ${described(input)}, a number that a spreadsheet has shortened; have its column written as text`,
})

const address = readableText.transform((value, { addIssue }) => {
  const read = readAddress(value)
  if ('address' in read) return read.address
  addIssue(`is ${described(value)}, ${read.problem}`)
  return z.NEVER
})

const NOT_A_PORT = {
  error: ({ input }: { input?: unknown }) =>
    `is ${described(input)}, which is not a whole number from 1 to 65535`,
}

const recordSchema = z.object({
  key: identifying.optional(),
  name: identifying,
  address,
  port: z.int(NOT_A_PORT).min(1, NOT_A_PORT).max(65_535, NOT_A_PORT).optional(),
  site: identifying,
  country: readableText,
  region: readableText.optional(),
  platform: readableText.optional(),
  credential: readableText.optional(),
})

/** The names of a device that is known. They may have bidirectional controls, which were accepted earlier. */
const told = text.refine((value) => !SHORTENED.test(value))
const identitySchema = z.object({ country: text, site: told, name: told })

const fieldSchema = recordSchema.keyof()

/**
 * Checks one record of a source and fills in defaults; `position` is its 1-based place. An accepted record is
 * entered into `seen`. A record that repeats a key, an identity or an endpoint in `seen` is rejected.
 */
export function checkRecord(
  raw: unknown,
  position: number,
  { fields, defaultPort, countryAliases }: RecordRules,
  seen: SeenRecords,
): { record: InventoryRecord } | { rejected: RejectedRecord } {
  const values = isObject(raw) ? readFields(raw, fields, countryAliases) : {}
  const reject = (reason: string) => ({
    rejected: {
      position,
      record: isObject(raw) ? shown(knownPart(raw, fields)) : '',
      reason,
      identity: identitySchema.safeParse(values).data ?? null,
      key: told.safeParse(values.key).data ?? null,
    },
  })
  if (!isObject(raw)) return reject('It is not an object.')
  const checked = recordSchema.safeParse(values)
  if (!checked.success) {
    return reject(checked.error.issues.map((issue) => sentence(issue, fields)).join(' '))
  }
  const { name, address, site, country } = checked.data
  const { key = null, port = defaultPort, region = null, platform = null, credential = null } = checked.data
  const record: InventoryRecord = { key, name, address, port, site, country, region, platform, credential }
  const repeated = enter(record, position, seen)
  return repeated === null ? { record } : reject(repeated)
}

/** Returns the known fields under the source's names. All else is left out, because it may be a password. */
function knownPart(raw: object, fields: FieldNames): Record<string, unknown> {
  const names = new Set<string>(fieldSchema.options.map((field) => fields[field] ?? field))
  return Object.fromEntries(Object.entries(raw).filter(([name]) => names.has(name)))
}

/** Returns the fields under our names, with normalised texts and without empty values. */
function readFields(
  raw: object,
  fields: FieldNames,
  countryAliases: RecordRules['countryAliases'],
): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  for (const field of fieldSchema.options) {
    const name = fields[field] ?? field
    const given: unknown = Object.hasOwn(raw, name) ? Reflect.get(raw, name) : undefined
    const value = typeof given === 'string' ? plainText(given) : given
    if (value !== null && value !== '') values[field] = convert(field, value)
  }
  const alias = typeof values.country === 'string' ? countryAliases?.get(values.country) : undefined
  if (alias !== undefined) values.country = alias
  return values
}

/**
 * Converts numbers to text and ports to numbers: names and keys are often numbers, and a CSV file has only
 * text.
 */
function convert(field: string, value: unknown): unknown {
  const isNumber = typeof value === 'number' || value instanceof WrittenNumber
  if (isNumber && (field === 'name' || field === 'site' || field === 'key')) {
    return typeof value === 'number' ? String(value) : value.text
  }
  if (value instanceof WrittenNumber) return Number(value)
  if (field !== 'port' || typeof value !== 'string') return value
  const digits = WHOLE_NUMBER.exec(value)?.[1]
  return digits === undefined ? value : Number(digits)
}

function sentence(issue: z.core.$ZodIssue, fields: FieldNames): string {
  const field = fieldSchema.safeParse(issue.path[0])
  return `"${field.success ? (fields[field.data] ?? field.data) : ''}" ${issue.message}.`
}

/**
 * Enters a record into `seen` and returns null. If it repeats one that is there, returns why it is rejected.
 */
function enter(
  record: InventoryRecord,
  position: number,
  { keys, identities, endpoints }: SeenRecords,
): string | null {
  const { key } = record
  const identity = identityKey(record)
  const endpoint = endpointOf(record)
  const double = key === null ? undefined : keys.get(key)
  if (double !== undefined) return `Record ${double} has the same key.`
  const namesake = identities.get(identity)
  if (namesake !== undefined) return `Record ${namesake} has the same country, site and name.`
  const neighbour = endpoints.get(endpoint)
  if (neighbour !== undefined) return `Record ${neighbour} has the same address and port: ${endpoint}.`
  if (key !== null) keys.set(key, position)
  identities.set(identity, position)
  endpoints.set(endpoint, position)
  return null
}

/** Returns the fields of a record as JSON for a person, cut to 200 characters; empty if there are none. */
export function shown(fields: object): string {
  const entries = Object.entries(fields).map(([name, value]) => [
    name,
    typeof value === 'object' && value !== null ? described(value) : value,
  ])
  return entries.length === 0 ? '' : cut(JSON.stringify(Object.fromEntries(entries)))
}

/** Describes a value in a sentence. The contents of lists and objects are not shown. */
function described(value: unknown): string {
  if (value instanceof WrittenNumber) return value.text
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'an object'
  return cut(JSON.stringify(value) ?? String(value))
}

function cut(text: string): string {
  return text.slice(0, SHOWN_LENGTH).toWellFormed()
}
