import type { FieldNames } from '../inventory/check-record.ts'
import { flattenHierarchy, isHierarchy } from '../inventory/hierarchy.ts'

/** What a file's text holds before its records are checked, or a predicate for a sentence about the file. */
export type RawInventory = { records: Iterable<unknown>; fields: FieldNames } | { problem: string }

/** Reads the text of one file format; `fields` says what its records call our fields. */
export type ReadFormat = (text: string, fields: FieldNames) => RawInventory

/** A parsed document is a list of records, or the hierarchy, whose levels say which field is which. */
export function rawInventoryOf(document: unknown, fields: FieldNames): RawInventory {
  if (Array.isArray(document)) return { records: document, fields }
  if (isHierarchy(document)) return { records: flattenHierarchy(document), fields: {} }
  return {
    problem:
      'holds neither a list of records nor a hierarchy {country: {site: {device: address}}}; make it one of them.',
  }
}
