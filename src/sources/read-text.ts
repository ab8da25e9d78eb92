import { constants } from 'node:buffer'
import { readFile, stat } from 'node:fs/promises'
import { RollcallError } from '../base/errors.ts'
import { fileProblem } from '../base/file-problem.ts'

/** The longest text that one string can hold: a few bytes short of 512 MiB. */
const MAX_FILE_BYTES = constants.MAX_STRING_LENGTH

/**
 * The text of a UTF-8 file, without a byte order mark. Rejects with a RollcallError (SOURCE_FAILED) that names the
 * file and what to change, and with the signal's reason once aborted.
 */
export async function readText(path: string, signal: AbortSignal): Promise<string> {
  const bytes = await readBytes(path, signal)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new RollcallError('SOURCE_FAILED', `${path} is not UTF-8 text; save it as UTF-8.`, { cause })
  }
}

async function readBytes(path: string, signal: AbortSignal): Promise<Uint8Array> {
  signal.throwIfAborted()
  try {
    const found = await stat(path)
    // Reading a pipe or a device could wait, or go on, for ever.
    if (!found.isFile()) throw new RollcallError('SOURCE_FAILED', `${path} is not a regular file; name one.`)
    if (found.size > MAX_FILE_BYTES) {
      throw new RollcallError(
        'SOURCE_FAILED',
        `${path} is larger than 512 MiB; split it over several sources.`,
      )
    }
    return await readFile(path, { signal })
  } catch (cause) {
    signal.throwIfAborted()
    if (cause instanceof RollcallError) throw cause
    const problem = fileProblem(cause)
    throw new RollcallError('SOURCE_FAILED', `${path} ${problem}; correct the source's "path" or the file.`, {
      cause,
    })
  }
}
