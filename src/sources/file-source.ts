import { constants } from 'node:buffer'
import { basename, extname } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { RollcallError } from '../base/errors.ts'
import { fileProblem } from '../base/files.ts'
import type { DelimiterName, FileSourceConfig } from '../config/schema.ts'
import type { CommonRules, RecordRules } from '../inventory/check-record.ts'
import type { Inventory } from '../inventory/record.ts'
import { EXTENSIONS, type InventoryFormat } from './formats/inventory-format.ts'
import { readInventory } from './formats/read-inventory.ts'
import { tooLarge } from './formats/texts.ts'
import { openSettled } from './settled-file.ts'
import { type InventorySource, sourceFailure } from './source.ts'

/** The longest text that a string can hold: slightly less than 512 MiB. */
const MAX_DOCUMENT_BYTES = constants.MAX_STRING_LENGTH

/** Bytes that are read and processed at a time. */
const PIECE_BYTES = 256 * 1024

/** An inventory in a file. Its extension tells its format. Each fetch reads the file anew. */
export class FileSource implements InventorySource {
  readonly name: string
  readonly path: string
  /** The name of the file in failures. Clients of the API see these, so it has no folders of this machine. */
  readonly #subject: string
  readonly #rules: RecordRules
  readonly #delimiter: DelimiterName | undefined
  readonly #clock: Clock

  constructor(config: FileSourceConfig, { clock, ...rules }: CommonRules & { clock: Clock }) {
    this.name = config.name
    this.path = config.path
    this.#subject = basename(config.path)
    this.#rules = { ...rules, fields: config.fields }
    this.#delimiter = config.delimiter
    this.#clock = clock
  }

  async fetch(signal: AbortSignal): Promise<Inventory> {
    signal.throwIfAborted()
    const path = this.path
    const subject = this.#subject
    const format = EXTENSIONS[extname(path).toLowerCase()]
    if (!format) {
      const known = Object.keys(EXTENSIONS).join(', ')
      throw sourceFailure(subject, `has none of the extensions ${known}; rename it.`)
    }
    try {
      return await this.#read(format, signal)
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof RollcallError || !isFileError(cause)) throw cause
      const problem = fileProblem(cause).replaceAll(path, subject)
      throw sourceFailure(subject, `${problem}; correct the source's "path" or the file.`, { cause })
    }
  }

  async #read(format: InventoryFormat, signal: AbortSignal): Promise<Inventory> {
    const subject = this.#subject
    const file = await openSettled(this.path, { subject, clock: this.#clock, signal })
    const { handle } = file
    try {
      signal.throwIfAborted()
      const isDocument = format === 'json' || format === 'yaml'
      if (isDocument && file.size > MAX_DOCUMENT_BYTES) throw tooLarge(subject, MAX_DOCUMENT_BYTES)
      const bytes = handle.createReadStream({ signal, highWaterMark: PIECE_BYTES, autoClose: false })
      const reading = readInventory(format, bytes, {
        rules: this.#rules,
        subject,
        maxDocumentBytes: MAX_DOCUMENT_BYTES,
        delimiter: this.#delimiter,
        signal,
      })
      const [read] = await Promise.allSettled([reading])
      signal.throwIfAborted()
      // An incomplete file may fail to parse, or look like a complete one.
      await file.expectUnchanged()
      if (read.status === 'rejected') throw read.reason
      return read.value
    } finally {
      await handle.close()
    }
  }
}

function isFileError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown
}
