import type { Inventory } from '../inventory/record.ts'

/** Where an inventory comes from: one file, one system. */
export interface InventorySource {
  /** The name under which the configuration has it. */
  readonly name: string
  /** Of the file that it reads, where it is one: for the log, since failures, which clients are told of, name no folders. */
  readonly path?: string
  /**
   * The whole inventory as it is now, never a part of it. A record that cannot be used is among `rejected`. Rejects with
   * a RollcallError (SOURCE_FAILED) where the source cannot be read or understood as a whole, and with the signal's
   * reason once aborted.
   */
  fetch(signal: AbortSignal): Promise<Inventory>
}
