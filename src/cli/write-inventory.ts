import { writeFile } from 'node:fs/promises'
import { messageOf, RollcallError } from '../base/errors.ts'
import type { InventoryRecord } from '../inventory/record.ts'

/** Writes an inventory that a `file` source reads. */
export async function writeInventory(file: string, records: readonly InventoryRecord[]): Promise<void> {
  try {
    await writeFile(file, `${JSON.stringify(records, null, 2)}\n`)
  } catch (failure) {
    throw new RollcallError(
      'USAGE',
      `The inventory cannot be written (${messageOf(failure)}); give --inventory a file that can be.`,
    )
  }
}
