import { setImmediate as nextTurn } from 'node:timers/promises'
import { flattenHierarchy, isHierarchy } from '../inventory/hierarchy.ts'
import type { Inventory } from '../inventory/record.ts'
import { foreignInventory, misplacedField } from './foreign-inventory.ts'
import type { FormatOptions } from './read-options.ts'
import { RecordIntake } from './record-intake.ts'
import { sourceFailure } from './source-failure.ts'

/**
 * Records that are checked in one turn of the event loop, about 4 ms, so that the API can answer in between.
 */
const RECORDS_PER_TURN = 1_000

/** Reads the records of a parsed document: a list of records, or the hierarchy, whose levels are fields. */
export async function readDocument(document: unknown, { rules, subject }: FormatOptions): Promise<Inventory> {
  if (Array.isArray(document)) {
    const intake = new RecordIntake(subject, rules)
    for (const raw of document) {
      intake.add(raw)
      if (intake.count % RECORDS_PER_TURN === 0) await nextTurn()
    }
    return intake.finish()
  }
  if (!isHierarchy(document)) {
    throw sourceFailure(
      subject,
      'holds neither a list of records nor a hierarchy {country: {site: {device: address}}}; make it one of them.',
    )
  }
  const tool = foreignInventory(document)
  if (tool !== null) {
    throw sourceFailure(
      subject,
      `is an inventory of ${tool}; make a list of records of it, each with name, address, site and country.`,
    )
  }
  const field = misplacedField(document)
  if (field !== null) {
    throw sourceFailure(
      subject,
      `has "${field}" where the hierarchy {country: {site: {device: address}}} has a site or a device; add the level that is missing, or make it a list of records.`,
    )
  }
  const intake = new RecordIntake(subject, { ...rules, fields: {} })
  for (const entry of flattenHierarchy(document)) {
    if ('raw' in entry) intake.add(entry.raw)
    else intake.reject(entry.reason, entry.place)
    if (intake.count % RECORDS_PER_TURN === 0) await nextTurn()
  }
  return { ...intake.finish(), partial: { defaultPort: rules.defaultPort } }
}
