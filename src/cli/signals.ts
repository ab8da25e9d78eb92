import { constants } from 'node:os'
import { RollcallError } from '../base/errors.ts'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Resolves with the first SIGINT, SIGTERM or SIGHUP (sent when a terminal is closed). A second one ends the
 * process at once, for a person who does not want to wait. /
 */
export function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(128 + constants.signals[signal])
      asked = true
      resolve(signal)
    }
    for (const signal of STOP_SIGNALS) process.on(signal, onSignal)
  })
}

/**
 * Ignores SIGUSR1 and SIGUSR2, which tools for log rotation send. On SIGUSR1 Node.js would open its debugger,
 * through which every user of the machine could run code and read secrets. SIGUSR2 would end the process. /
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
