import type { Inventory, InventoryRecord, RejectedRecord } from '../inventory/record.ts'
import type { InventoryFormat } from './inventory-format.ts'
import type { FormatOptions } from './texts.ts'

// The messages between `readInThread` and its thread. Plain data.

export interface DocumentThreadData {
  format: InventoryFormat
  options: FormatOptions
}

/** A piece of the text; null after the last one; `more` asks for the next part of the inventory. */
export type DocumentOrder = { piece: string | null } | { more: true }

/** Why the text cannot be used, or a part of the inventory; the last part has the rest of it. */
export type DocumentAnswer =
  | { failure: string }
  | {
      records: InventoryRecord[]
      rejected: RejectedRecord[]
      rest: Omit<Inventory, 'records' | 'rejected'> | null
    }
