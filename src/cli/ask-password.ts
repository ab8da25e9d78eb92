import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'

/** Discards what readline would echo. */
const NOWHERE = () => new Writable({ write: (_chunk, _encoding, done) => done() })

/** Whether there is a person at a terminal to ask. */
export function canAsk(): boolean {
  return process.stdin.isTTY === true && process.stderr.isTTY === true
}

/**
 * Asks a person at the terminal for a password, without showing it. Returns an empty text if none is given.
 * Ctrl-C ends the process, as it does while nothing is asked.
 */
export async function askPassword(question: string): Promise<string> {
  const reader = createInterface({ input: process.stdin, output: NOWHERE(), terminal: true, historySize: 0 })
  // From here on, the terminal hides what is typed.
  process.stderr.write(question)
  const { promise, resolve } = Promise.withResolvers<string>()
  reader.once('line', resolve)
  reader.once('close', () => resolve(''))
  reader.once('SIGINT', () => {
    // Makes the terminal show what is typed again before the process ends.
    reader.close()
    process.kill(process.pid, 'SIGINT')
  })
  const answer = await promise
  reader.close()
  process.stderr.write('\n')
  return answer
}
