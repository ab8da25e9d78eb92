import type { Writable } from 'node:stream'

/** Writes `piece` repeatedly, as fast as the reader takes it, `times` times or until the stream ends. */
export function flood(
  stream: Writable,
  piece: Buffer | string,
  times = Number.POSITIVE_INFINITY,
  done?: () => void,
): void {
  let left = times
  const go = (): void => {
    while (left > 0 && stream.writable) {
      left -= 1
      if (!stream.write(piece)) {
        stream.once('drain', go)
        return
      }
    }
    if (left === 0) done?.()
  }
  go()
}
