import { writeSync } from 'node:fs'
import { Socket } from 'node:net'
import type { DestinationStream } from 'pino'
import { systemCodeOf } from './errors.ts'

/** Characters that may wait for the reader. */
const MAX_WAITING = 1024 * 1024
/**
 * Characters in one write. A write that the system has not finished when the process ends is lost as a whole.
 */
const CHUNK = 64 * 1024
const NEWLINE = '\n'

/**
 * Writes the log to a stream of the process without ever waiting for its reader. Lines for a pipe or a socket
 * wait in memory. If too many wait, further ones are dropped and counted, and a line says how many once there
 * is room again. Lines for files and terminals are written at once.
 */
export class LogSink implements DestinationStream {
  readonly #stream: NodeJS.WriteStream
  readonly #fd: number
  readonly #isPipe: boolean
  readonly #maxWaiting: number
  #lines: string[] = []
  /** Characters in `#lines`. */
  #waiting = 0
  #isWriting = false
  /** Dropped lines that no line in the log has told yet. */
  #dropped = 0
  /** All dropped lines. */
  #allDropped = 0
  #onIdle: (() => void)[] = []

  constructor(stream: NodeJS.WriteStream & { fd: number }, maxWaiting = MAX_WAITING) {
    this.#stream = stream
    this.#fd = stream.fd
    this.#isPipe = stream instanceof Socket && !stream.isTTY
    this.#maxWaiting = maxWaiting
    // The reader is gone. The process goes on without it; what is written from then on is dropped.
    stream.on('error', () => undefined)
    process.on('exit', () => this.#writeRest())
  }

  /** The number of lines that were dropped since the start. */
  get dropped(): number {
    return this.#allDropped
  }

  write(line: string): void {
    if (!this.#isPipe) {
      this.#writeNow(line)
      return
    }
    if (this.#waiting + line.length > this.#maxWaiting || this.#stream.destroyed) {
      this.#drop()
      return
    }
    this.#add(line)
    this.#writeSome()
  }

  /** Resolves when everything is written, or after `timeoutMs`. Tells whether everything is. */
  async flush(timeoutMs: number): Promise<boolean> {
    if (this.#isIdle) return true
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs)
      this.#onIdle.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
    return this.#isIdle
  }

  get #isIdle(): boolean {
    return (!this.#isWriting && this.#waiting === 0) || this.#stream.destroyed
  }

  #add(line: string): void {
    this.#lines.push(line)
    this.#waiting += line.length
  }

  #writeSome(): void {
    if (this.#isWriting || this.#lines.length === 0) return
    let count = 0
    for (let length = 0; count < this.#lines.length && length < CHUNK; count += 1) {
      length += this.#lines[count]?.length ?? 0
    }
    const text = this.#lines.splice(0, count).join('')
    this.#isWriting = true
    this.#stream.write(text, (failure) => {
      this.#isWriting = false
      this.#waiting -= text.length
      if (!failure) this.#tellDropped()
      this.#writeSome()
      if (this.#isIdle) for (const each of this.#onIdle.splice(0)) each()
    })
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return
    this.#add(droppedLine(this.#dropped))
    this.#dropped = 0
  }

  /** Drops the line if it cannot be written, for example because the disk is full. */
  #writeNow(line: string): void {
    const text = this.#dropped === 0 ? line : `${droppedLine(this.#dropped)}${line}`
    if (writeAll(this.#fd, text)) this.#dropped = 0
    else this.#drop()
  }

  #drop(): void {
    this.#dropped += 1
    this.#allDropped += 1
  }

  /** Writes what the pipe has room for at once. It runs when the process ends, also by a crash. */
  #writeRest(): void {
    if (this.#isWriting || this.#stream.destroyed) return
    this.#tellDropped()
    writeAll(this.#fd, this.#lines.splice(0).join(''))
  }
}

function writeAll(fd: number, text: string): boolean {
  const bytes = Buffer.from(text)
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(fd, bytes, written)
    return true
  } catch (failure) {
    if (systemCodeOf(failure) === undefined) throw failure
    return false
  }
}

function droppedLine(dropped: number): string {
  const line = {
    level: 40,
    time: new Date().toISOString(),
    event: 'log.dropped',
    dropped,
    msg: 'log lines were dropped: nothing took them',
  }
  return `${JSON.stringify(line)}${NEWLINE}`
}
