import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'

/** Far more than any key, certificate or password has. */
const MAX_BYTES = 1024 * 1024

/**
 * Reads a whole file, blocking the thread. Pipes are refused: one may never have a writer, and a signal
 * cannot end a read that blocks the thread. So are devices: `/dev/zero`, for example, never ends. /
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
