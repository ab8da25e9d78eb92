/** The parts of a terminal that a status line uses. */
export interface Terminal {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
  on(event: 'resize', listener: () => void): unknown
  off(event: 'resize', listener: () => void): unknown
}

/** The width of a terminal that does not tell it. */
const USUAL_COLUMNS = 80

const ESC = '\x1b['
/** Makes the terminal cut a line instead of wrapping it. Some characters take two columns. */
const WRAP_OFF = `${ESC}?7l`
const WRAP_ON = `${ESC}?7h`
export const CLEAR_LINE = `\r${ESC}K`
/** Clears what is below the line, too. tmux keeps such text in its history, so it is not for every change. */
const CLEAR_BELOW = `\r${ESC}J`

/**
 * A line at the bottom of a terminal that is replaced in place. It follows the width of the terminal.
 *
 * A terminal that becomes narrower wraps the line or cuts it, and keeps the cursor on its character. So the
 * cursor waits on the first one, where the line begins in either case.
 */
export class StatusLine {
  readonly #terminal: Terminal
  #text: ((width: number) => string) | undefined
  #isShown = false
  /** The width of the terminal when it was shown last. */
  #columns = 0
  readonly #onResize = () => this.#draw()

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Whether lines can be replaced. In a file or a pipe they cannot. */
  get isPossible(): boolean {
    return this.#terminal.isTTY === true && process.env.TERM !== 'dumb'
  }

  /** Shows a line. Its text is asked for again when the width of the terminal changes. */
  show(text: (width: number) => string): void {
    if (this.#text === undefined) this.#terminal.on('resize', this.#onResize)
    this.#text = text
    this.#draw()
  }

  /** Removes the line to make room for another text. The next `show` restores it. */
  clear(): void {
    if (this.#isShown) this.#terminal.write(this.#clearing())
    this.#isShown = false
  }

  /** Leaves the line as it is. What is printed next goes below it. */
  end(): void {
    if (this.#isShown) this.#terminal.write('\n')
    this.#isShown = false
    this.#text = undefined
    this.#terminal.off('resize', this.#onResize)
  }

  #draw(): void {
    const columns = this.#terminal.columns || USUAL_COLUMNS
    // In the last column, some terminals wrap at once.
    const text = this.#text?.(columns - 1) ?? ''
    this.#terminal.write(`${this.#clearing()}${WRAP_OFF}${text}${WRAP_ON}\r`)
    this.#isShown = true
    this.#columns = columns
  }

  #clearing(): string {
    const isWrapped = this.#isShown && (this.#terminal.columns ?? this.#columns) < this.#columns
    return isWrapped ? CLEAR_BELOW : CLEAR_LINE
  }
}

/** The status line of this process, on stderr. `tell` makes room for its own texts. */
export const statusLine = new StatusLine(process.stderr)
