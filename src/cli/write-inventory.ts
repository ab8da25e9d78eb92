import { rename, writeFile } from 'node:fs/promises'
import { messageOf, RollcallError } from '../base/errors.ts'
import type { InventoryRecord } from '../inventory/record.ts'

/** Writes an inventory for a `file` source. The file gets its name only when it is complete. */
export async function writeInventory(file: string, records: readonly InventoryRecord[]): Promise<void> {
  try {
    const draft = `${file}.draft`
    await writeFile(draft, `${JSON.stringify(records, null, 2)}\n`, { flush: true })
    await rename(draft, file)
  } catch (failure) {
    throw new RollcallError(
      'USAGE',
      `The inventory cannot be written (${messageOf(failure)}); give --inventory a path that can be written.`,
    )
  }
}
