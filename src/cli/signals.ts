import { closeSync, openSync } from 'node:fs'
import { constants } from 'node:os'
import { RollcallError } from '../base/errors.ts'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * For this time after the first signal, more of them count as the same request. A Ctrl-C reaches every
 * process of the terminal, and npm sends its child another SIGINT for it.
 */
const SAME_REQUEST_MS = 500

/** The interval at which the process checks that the shell that npm started still runs. */
const PARENT_EVERY_MS = 500

/**
 * Resolves with the first SIGINT, SIGTERM or SIGHUP (sent when a terminal is closed). Another SIGINT or
 * SIGTERM ends the process at once, for a person who does not want to wait. Another SIGHUP does not: a
 * terminal that is closed may send two.
 *
 * @param onReload called for a SIGHUP, which then stops the process only if its terminal was closed
 */
export function stopRequested(onReload?: () => void): Promise<NodeJS.Signals> {
  const hadTerminal = onReload !== undefined && hasTerminal()
  return new Promise((resolve) => {
    let askedAt: number | undefined
    const ask = (signal: NodeJS.Signals): number => {
      askedAt ??= performance.now()
      resolve(signal)
      return askedAt
    }
    for (const signal of STOP_SIGNALS) {
      process.on(signal, () => {
        if (signal === 'SIGHUP' && onReload !== undefined && hasTerminal() === hadTerminal) {
          onReload()
          return
        }
        const isAnother = performance.now() - ask(signal) > SAME_REQUEST_MS
        if (isAnother && signal !== 'SIGHUP') process.exit(128 + constants.signals[signal])
      })
    }
    onParentEnd(() => ask('SIGTERM'))
  })
}

/** Tells whether this process belongs to a terminal. A closed one is gone before its SIGHUP arrives. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/**
 * Calls back when the shell ends through which npm started this process. npm and npx give a SIGTERM to that
 * shell alone, which then ends and leaves its child running.
 */
function onParentEnd(ended: () => void): void {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    ended()
  }, PARENT_EVERY_MS)
  timer.unref()
}

/**
 * Ignores SIGUSR1 and SIGUSR2, which tools for log rotation send. On SIGUSR1 Node.js would open its debugger,
 * through which every user of the machine could run code and read secrets. SIGUSR2 would end the process.
 */
export function ignoreUserSignals(): void {
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined)
}

/** Returns an AbortSignal that aborts when a stop is requested, with a failure that has this message. */
export function abortWith(stopped: Promise<unknown>, message: string): AbortSignal {
  const abort = new AbortController()
  void stopped.then(() => abort.abort(new RollcallError('CONFLICT', message)))
  return abort.signal
}
