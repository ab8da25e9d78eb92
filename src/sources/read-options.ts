import type { RecordRules } from '../inventory/check-record.ts'

/** How the text of an inventory is read. */
export interface ReadOptions {
  rules: RecordRules
  /** What sentences about the text begin with: its path, or its URL without a secret. */
  subject: string
  /** Of a document that must be held as a whole. */
  maxDocumentBytes: number
}
