import type { FieldNames } from '../../inventory/check-record.ts'
import { RECORD_FIELDS } from '../../inventory/record.ts'

const MAX_COLUMNS = 1_000

/** The rows that may stand above the header: a title, a date, and empty cells. */
export const MAX_TITLE_ROWS = 20

const REQUIRED = { name: 'name', address: 'address', site: 'site', country: 'country' }

/** The fields of a device that it cannot be without. */
const REQUIRED_COUNT = Object.keys(REQUIRED).length

/** The first row of a table, with what is needed to judge the rows below it. */
export interface CsvHeader {
  columns: readonly string[]
  /** The number of cells that a row must have: up to the last column that a device needs. */
  minCells: number
  /** The number of cells up to the last column with a name. */
  namedCells: number
  /** The number of cells up to the last column that is one of our fields. */
  readCells: number
}

/**
 * Reads the header. If it cannot be used, `problem` says once what every record would be rejected for.
 *
 * @param commas the delimiter, in the plural
 */
export function readHeader(
  row: readonly string[],
  fields: FieldNames,
  commas: string,
): CsvHeader | { problem: string } {
  const problem = headerProblem(row, fields, commas)
  if (problem !== null) return { problem }
  const needed = neededColumns(fields)
  const used = usedColumns(fields)
  return {
    columns: row,
    minCells: row.findLastIndex((column) => needed.has(column)) + 1,
    namedCells: row.findLastIndex((column) => column !== '') + 1,
    readCells: row.findLastIndex((column) => used.has(column)) + 1,
  }
}

/**
 * Tells whether a row above the header is part of a title: it names no column, and has too few cells to be a
 * device, which would be lost.
 */
export function isTitle(row: readonly string[], fields: FieldNames): boolean {
  return row.filter((cell) => cell !== '').length < REQUIRED_COUNT && countColumns(row, fields) === 0
}

/** Counts the cells that name a column of the source, in upper or lower case. */
export function countColumns(row: readonly string[], fields: FieldNames): number {
  const used = new Set([...usedColumns(fields)].map((column) => column.toLowerCase()))
  return row.filter((cell) => used.has(cell.toLowerCase())).length
}

/** Tells whether a row lacks a column that the source's records need, so that it cannot be their header. */
export function lacksColumns(row: readonly string[], fields: FieldNames): boolean {
  return Object.values(columnsOf(fields)).some((column) => column !== undefined && !row.includes(column))
}

/** Returns the columns that must be there: those that a device needs, and those that the source names. */
function columnsOf(fields: FieldNames): FieldNames {
  return { ...REQUIRED, ...fields }
}

/** Returns the columns that a row needs. Without them it describes no device, or another one. */
function neededColumns(fields: FieldNames): ReadonlySet<string | undefined> {
  const { name, address, site, country, key = 'key' }: FieldNames = columnsOf(fields)
  return new Set([name, address, site, country, key])
}

function usedColumns(fields: FieldNames): ReadonlySet<string> {
  return new Set(RECORD_FIELDS.map((field) => fields[field] ?? field))
}

function headerProblem(header: readonly string[], fields: FieldNames, commas: string): string | null {
  if (header.length > MAX_COLUMNS) {
    const limit = MAX_COLUMNS.toLocaleString('en')
    return `has more than ${limit} columns in its first row; leave out those that Rollcall does not need.`
  }
  const columns = columnsOf(fields)
  const advice = `or correct the source's "fields" or "delimiter"`
  const wanted = new Set(Object.values(columns).map((column) => column?.toLowerCase()))
  if (!header.some((column) => wanted.has(column.toLowerCase()))) {
    // If the header is missing, this row is a device, perhaps with its password, and must not be shown.
    const { name, address, site, country } = columns
    const names = [name, address, site, country].map((column) => `"${column}"`).join(', ')
    return (
      `has none of the columns ${names} in its first row, read with ${commas} between the cells; ` +
      `have that row name the columns, ${advice}.`
    )
  }
  const used = usedColumns(fields)
  const repeated = header.find((column, index) => used.has(column) && header.indexOf(column) !== index)
  if (repeated !== undefined) return `has two columns "${repeated}"; rename or remove one of them.`
  for (const [field, column] of Object.entries(columns)) {
    if (column === undefined || header.includes(column)) continue
    const known = header.map((name) => `"${name}"`).join(', ')
    return (
      `has no column "${column}" for the ${field}, only ${known}, ` +
      `read with ${commas} between the cells; add it, ${advice}.`
    )
  }
  return null
}
