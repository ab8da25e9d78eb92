import { constants } from 'node:os'
import { RollcallError } from '../base/errors.ts'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Resolves with the first SIGINT, SIGTERM or SIGHUP (a terminal that is closed). A second one ends the process at once, for a person who does not
 * want to wait for an orderly end.
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
 * Ignores SIGUSR1 and SIGUSR2, which tools for log rotation send. Node.js would open its debugger for the first, to which every user
 * of the machine can connect to run code and read secrets. The second would end the process.
 */
export function ignoreUserSignals(): void {
  for (const signal of ['SIGUSR1', 'SIGUSR2'] as const) process.on(signal, () => undefined)
}

/** A signal that aborts, with a failure that says this, once a stop is requested. */
export function abortWith(stopped: Promise<unknown>, message: string): AbortSignal {
  const abort = new AbortController()
  void stopped.then(() => abort.abort(new RollcallError('CONFLICT', message)))
  return abort.signal
}
