import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'

/** A text that would get fewer columns is left to the terminal. */
export const MIN_COLUMNS = 16

/** A command, which stays on one line so that it can be copied, a number with its unit, and an arrow. */
const UNBROKEN = /`[^`\n]+`|\d (?:ms|s|min|h)\b|\S+ → \S+/g
/** Stands for a blank in one of these. Texts for a terminal hold no such character, see `withoutControls`. */
const KEPT_BLANK = '\u{e000}'

/** The part of a stream that tells its width. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
}

/** The columns of a terminal; undefined for a file or a pipe, whose lines have no limit. */
export type Width = number | undefined

export function widthOf({ isTTY, columns }: Output): Width {
  return isTTY && columns ? columns : undefined
}

/** Wraps a sentence at its words. `first` is put before its first line, and `rest` before the others. */
export function wrapped(
  text: string,
  width: Width,
  { first = '', rest = first }: { first?: string; rest?: string } = {},
): string {
  const [line = '', ...lines] = linesOf(text, width, Math.max(first.length, rest.length))
  return [first + line, ...lines.map((each) => rest + each)].join('\n')
}

function linesOf(text: string, width: Width, indent: number): string[] {
  if (width === undefined || width - indent < MIN_COLUMNS || stringWidth(text) <= width - indent)
    return [text]
  const marked = text.replace(UNBROKEN, (part) => part.replaceAll(' ', KEPT_BLANK))
  return wrapAnsi(marked, width - indent)
    .replaceAll(KEPT_BLANK, ' ')
    .split('\n')
}
