import { tell } from './output.ts'
import { statusLine } from './status-line.ts'

const TERMINAL_EVERY_MS = 200
const LINES_EVERY_MS = 3_000

interface ShownWork {
  /** Notes how much is done, and of how much. */
  note: (done: number, all: number) => void
  end: () => void
}

/** Shows on stderr how far a work is: in place on a terminal, else as a line every few seconds. */
export function showWork(name: string): ShownWork {
  const isInPlace = statusLine.isPossible
  const everyMs = isInPlace ? TERMINAL_EVERY_MS : LINES_EVERY_MS
  let shownAt = performance.now() - (isInPlace ? everyMs : 0)
  return {
    note: (done, all) => {
      const now = performance.now()
      if (now - shownAt < everyMs) return
      shownAt = now
      const text = `${name}  ${all === 0 ? 100 : Math.floor((done / all) * 100)} %`
      if (isInPlace) statusLine.show((width) => text.slice(0, width))
      else tell(text)
    },
    end: () => {
      statusLine.clear()
      statusLine.end()
    },
  }
}
