import { constants } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { RollcallError } from '../base/errors.ts'
import { fileProblem } from '../base/file-problem.ts'
import type { RecordRules } from '../inventory/check-record.ts'
import type { Inventory } from '../inventory/record.ts'
import { EXTENSIONS, type InventoryFormat, readInventory } from './inventory-format.ts'
import type { InventorySource } from './source.ts'
import { sourceFailure } from './source-failure.ts'
import { tooLarge } from './texts.ts'

/** The longest text that one string can hold: a few bytes short of 512 MiB. */
const MAX_DOCUMENT_BYTES = constants.MAX_STRING_LENGTH

/** Bytes that are read, and looked at, at a time. */
const PIECE_BYTES = 256 * 1024

/** An inventory in a file, whose extension tells its format; it is read anew at every fetch. */
export class FileSource implements InventorySource {
  readonly name: string
  readonly path: string
  /** What failures call the file: whoever reads of them need not know this machine's folders. */
  readonly #subject: string
  readonly #rules: RecordRules

  constructor({ name, path, ...rules }: { name: string; path: string } & RecordRules) {
    this.name = name
    this.path = path
    this.#subject = basename(path)
    this.#rules = rules
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
      await this.#checkFile(format)
      const bytes = createReadStream(path, { signal, highWaterMark: PIECE_BYTES })
      const options = { rules: this.#rules, subject, maxDocumentBytes: MAX_DOCUMENT_BYTES }
      return await readInventory(format, bytes, options)
    } catch (cause) {
      signal.throwIfAborted()
      if (cause instanceof RollcallError || !isFileError(cause)) throw cause
      const problem = fileProblem(cause).replaceAll(path, subject)
      throw sourceFailure(subject, `${problem}; correct the source's "path" or the file.`, { cause })
    }
  }

  async #checkFile(format: InventoryFormat): Promise<void> {
    const found = await stat(this.path)
    // Reading a pipe or a device could wait, or go on, for ever.
    if (!found.isFile()) throw sourceFailure(this.#subject, 'is not a regular file; name one.')
    const isDocument = format === 'json' || format === 'yaml'
    if (isDocument && found.size > MAX_DOCUMENT_BYTES) throw tooLarge(this.#subject, MAX_DOCUMENT_BYTES)
  }
}

function isFileError(thrown: unknown): boolean {
  return thrown instanceof Error && 'syscall' in thrown
}
