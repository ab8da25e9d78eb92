import { closeSync, openSync, readSync } from 'node:fs'

/** Far more than a configuration with thousands of sources has. */
const MAX_MEBIBYTES = 16

const PIECE_BYTES = 64 * 1024

/**
 * Reads the configuration file as a whole. It may be a pipe, as a shell makes one for `<(command)`, or a
 * device such as `/dev/null`. Some devices have no end, so the size is checked as it is read. /
 */
export function readConfigFile(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const pieces: Buffer[] = []
    let length = 0
    for (;;) {
      const piece = Buffer.alloc(PIECE_BYTES)
      const count = readSync(file, piece)
      if (count === 0) return Buffer.concat(pieces)
      length += count
      if (length > MAX_MEBIBYTES * 1024 * 1024) throw new Error(`it has more than ${MAX_MEBIBYTES} MiB`)
      pieces.push(piece.subarray(0, count))
    }
  } finally {
    closeSync(file)
  }
}
