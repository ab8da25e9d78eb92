import { RollcallError } from '../base/errors.ts'
import type { Inventory } from '../inventory/record.ts'

/** A source of inventories: one file or one system. */
export interface InventorySource {
  /** Its name in the configuration. */
  readonly name: string
  /**
   * The path of the file that it reads, if any. It is for the log; failures, which clients see, name no
   * folders.
   */
  readonly path?: string
  /**
   * Returns the whole inventory as it is now, never a part of it. Records that cannot be used are among
   * `rejected`. Rejects with a RollcallError (SOURCE_FAILED) if the source cannot be read or understood as a
   * whole, or with the signal's reason when it aborts.
   */
  fetch(signal: AbortSignal): Promise<Inventory>
}

/**
 * Returns the failure for a source that cannot be used. `subject` is the path or URL at fault, without a
 * secret; `problem` is the predicate of a sentence about it that says what to change.
 */
export function sourceFailure(
  subject: string,
  problem: string,
  options?: { cause?: unknown },
): RollcallError {
  return new RollcallError('SOURCE_FAILED', `${subject} ${problem}`, options)
}
