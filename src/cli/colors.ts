import { styleText } from 'node:util'
import { PROBE_OUTCOMES } from '../netconf/outcome/outcome.ts'

type Color = 'green' | 'yellow' | 'red' | 'bold'

/** Colors a text for a stream. It leaves the text as it is unless the stream is a terminal with colors. */
export type Paint = (color: Color, text: string) => string

/** Returns the colors of a stream. `NO_COLOR` in the environment turns them off, `FORCE_COLOR` on. */
export function colorsOf(stream: NodeJS.WritableStream): Paint {
  return (color, text) => styleText(color, text, { stream })
}

/** Colors the name of an outcome, and leaves other words as they are. */
export function paintOutcome(word: string, paint: Paint): string {
  if (word === 'SUPPORTED') return paint('green', word)
  if (word === 'SKIPPED' || word === 'CANCELLED') return paint('yellow', word)
  return PROBE_OUTCOMES.some((outcome) => outcome === word) ? paint('red', word) : word
}
