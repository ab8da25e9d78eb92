import { z } from 'zod'
import { match } from '../../src/config/match.ts'
import { configSchema } from '../../src/config/schema.ts'

type Schema = z.core.$ZodType

interface Row {
  key: string
  values: string
  default: string
  meaning: string
}

const NONE = '–'

const BEGIN = '<!-- Generated from the schema by `npm run docs:configuration`. -->'
const END = '<!-- End of what is generated. -->'

/** The document with the tables of today between its two markers. */
export function withTables(document: string): string {
  const begin = document.indexOf(BEGIN)
  const end = document.indexOf(END)
  if (begin < 0 || end < begin) throw new Error(`The document lacks the lines ${BEGIN} and ${END}.`)
  return `${document.slice(0, begin)}${BEGIN}\n\n${configurationTables()}\n\n${document.slice(end)}`
}

/** The tables of all keys of the configuration, in Markdown: a part for each section, and one for matches. */
function configurationTables(): string {
  const sections = Object.entries(shapeOf(configSchema))
  const single = sections.filter(([, schema]) => !isSection(schema))
  const parts = [
    table(single.map(([key, schema]) => rowOf(key, schema))),
    ...sections.filter(([, schema]) => isSection(schema)).map(([key, schema]) => section(key, schema)),
    `### Matches\n\n${metaOf(match, 'description')}\n\n${table(rowsOf('', match))}`,
  ]
  return parts.join('\n\n')
}

function section(key: string, schema: Schema): string {
  const item = itemOf(schema)
  const parts = [`### \`${key}\``, metaOf(schema, 'description')]
  if (item === null) parts.push(table(rowsOf(`${key}.`, schema)))
  else {
    parts.push('A list. The keys of an entry:')
    parts.push(item instanceof z.ZodDiscriminatedUnion ? unionTable(item) : table(rowsOf('', item)))
  }
  return parts.filter((part) => part !== '').join('\n\n')
}

/** A table of the keys of all members of a union. Members that have a row in common share it. */
function unionTable(union: z.ZodDiscriminatedUnion): string {
  const { discriminator } = union.def
  const shared = new Map<string, { row: Row; types: string[] }>()
  const all: string[] = []
  for (const option of union.options) {
    const literal = shapeOf(option)[discriminator]
    const type = literal instanceof z.ZodLiteral ? code(literal.value) : NONE
    all.push(type)
    for (const row of rowsOf('', option)) {
      if (row.key === code(discriminator)) continue
      const id = Object.values(row).join('|')
      const { types } = shared.get(id) ?? { types: [] }
      shared.set(id, { row, types: [...types, type] })
    }
  }
  const meaning = metaOf(union, 'description')
  const first = { key: code(discriminator), values: all.join(', '), default: 'required', meaning }
  const rows = [{ row: first, types: all }, ...shared.values()]
  const isCommon = ({ types }: { types: string[] }) => types.length === all.length
  const commonFirst = [...rows.filter(isCommon), ...rows.filter((each) => !isCommon(each))]
  return [
    `| key | ${code(discriminator)} | values | default | meaning |`,
    '|---|---|---|---|---|',
    ...commonFirst.map(({ row, types }) =>
      line([
        row.key,
        types.length === all.length ? 'all' : types.join(', '),
        row.values,
        row.default,
        row.meaning,
      ]),
    ),
  ].join('\n')
}

function table(rows: readonly Row[]): string {
  return [
    '| key | values | default | meaning |',
    '|---|---|---|---|',
    ...rows.map((row) => line([row.key, row.values, row.default, row.meaning])),
  ].join('\n')
}

function line(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** The keys of a mapping, each followed by the keys within it. */
function rowsOf(prefix: string, schema: Schema): Row[] {
  return Object.entries(shapeOf(schema)).flatMap(([key, inner]) => {
    const name = `${prefix}${key}`
    const item = itemOf(inner)
    // What names its kind of values has a table of its own, or needs none.
    const nested =
      metaOf(item ?? inner, 'values') !== '' ? [] : rowsOf(`${name}${item ? '[]' : ''}.`, item ?? inner)
    return [rowOf(name, inner), ...nested]
  })
}

function rowOf(key: string, schema: Schema): Row {
  return {
    key: code(key),
    values: valuesOf(schema),
    default: defaultOf(schema),
    meaning: metaOf(schema, 'description'),
  }
}

function valuesOf(schema: Schema): string {
  const values = metaOf(schema, 'values')
  if (values !== '') return values
  const core = unwrapped(schema)
  if (core instanceof z.ZodArray) return `${valuesOf(core.element)} (list)`
  if (core instanceof z.ZodRecord) return `mapping to ${valuesOf(core.valueType)}`
  return 'mapping'
}

function defaultOf(schema: Schema): string {
  if (schema instanceof z.ZodOptional) return NONE
  if (!(schema instanceof z.ZodPrefault)) return 'required'
  const value: unknown = schema.def.defaultValue
  if (value === null || shownWithin(schema)) return NONE
  return code(Array.isArray(value) ? `[${value.join(', ')}]` : typeof value === 'object' ? '{}' : value)
}

/** Whether the default of a mapping is that of its keys. */
function shownWithin(schema: Schema): boolean {
  return Object.keys(shapeOf(schema)).length > 0
}

function isSection(schema: Schema): boolean {
  return shownWithin(schema) || itemOf(schema) !== null
}

/** The items of a list of mappings; null for anything else. */
function itemOf(schema: Schema): Schema | null {
  const core = unwrapped(schema)
  if (!(core instanceof z.ZodArray)) return null
  const item = unwrapped(core.element)
  return item instanceof z.ZodDiscriminatedUnion || item instanceof z.ZodObject ? item : null
}

function shapeOf(schema: Schema): Readonly<Record<string, Schema>> {
  const core = unwrapped(schema)
  return core instanceof z.ZodObject ? core.shape : {}
}

/** A piece of metadata, of the schema itself or of the one that it wraps. */
function metaOf(schema: Schema, name: 'description' | 'values'): string {
  const own = z.globalRegistry.get(schema)?.[name]
  if (typeof own === 'string') return own
  const inner = within(schema)
  return inner === null ? '' : metaOf(inner, name)
}

function unwrapped(schema: Schema): Schema {
  const inner = within(schema)
  return inner === null ? schema : unwrapped(inner)
}

/** The schema that another wraps; null if it wraps none. */
function within(schema: Schema): Schema | null {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodPrefault) {
    return schema.unwrap()
  }
  if (!(schema instanceof z.ZodPipe)) return null
  return schema.in instanceof z.ZodTransform ? schema.out : schema.in
}

function code(value: unknown): string {
  return `\`${String(value)}\``
}
