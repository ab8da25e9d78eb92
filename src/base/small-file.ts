import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** No key, certificate or password comes near. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads a file that is read as a whole and at once. A pipe is refused, for it may never have a writer, and a read that
 * blocks the thread cannot be ended by a signal; a device such as `/dev/zero` has no end.
 */
export function readSmallFile(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const stats = fstatSync(file)
    if (!stats.isFile() && !stats.isDirectory()) throw new Error('it is a pipe or a device, not a file')
    if (stats.size > MAX_BYTES) throw new Error(`it has ${stats.size} bytes, more than ${MAX_BYTES}`)
    return readFileSync(file)
  } finally {
    closeSync(file)
  }
}
