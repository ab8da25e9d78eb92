import type { DelimiterName } from '../config/schema.ts'
import type { RecordRules } from '../inventory/check-record.ts'

/** How a text in one format is read. */
export interface FormatOptions {
  rules: RecordRules
  /** The beginning of sentences about the text: its path, or its URL without a secret. */
  subject: string
  /** The limit for a document that must be held in memory as a whole. */
  maxDocumentBytes: number
  /** The delimiter of CSV. Default: it is found. */
  delimiter?: DelimiterName | undefined
}

/** How the text of an inventory is read. */
export interface ReadOptions extends FormatOptions {
  signal: AbortSignal
}
