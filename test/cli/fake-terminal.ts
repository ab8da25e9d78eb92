import { Writable } from 'node:stream'
import headless from '@xterm/headless'

/** A stream that is a terminal: xterm.js shows what is written to it, and reflows its lines when it is resized. */
export class FakeTerminal extends Writable {
  readonly isTTY = true
  readonly #screen: headless.Terminal

  constructor(columns: number) {
    super({ decodeStrings: false })
    this.#screen = new headless.Terminal({
      cols: columns,
      rows: 24,
      allowProposedApi: true,
      convertEol: true,
    })
  }

  get columns(): number {
    return this.#screen.cols
  }

  getColorDepth(): number {
    return 'NO_COLOR' in process.env ? 1 : 8
  }

  override _write(chunk: string, _encoding: string, written: () => void): void {
    this.#screen.write(chunk, written)
  }

  /** Changes the width as a person does who drags the border of the window. */
  async resize(columns: number): Promise<void> {
    await this.#settled()
    this.#screen.resize(columns, 24)
    this.emit('resize')
  }

  /** The rows that a person sees, without the empty ones. */
  async rows(): Promise<string[]> {
    await this.#settled()
    const { active } = this.#screen.buffer
    const rows = Array.from({ length: active.length }, (_, row) =>
      active.getLine(row)?.translateToString(true),
    )
    return rows.filter((row) => row !== undefined && row !== '') as string[]
  }

  #settled(): Promise<void> {
    return new Promise((resolve) => this.write('', () => resolve()))
  }
}
