import { RollcallError } from '../base/errors.ts'

/**
 * Resolves with the first SIGINT or SIGTERM. A second one ends the process at once, for a person who does not
 * want to wait for an orderly end.
 */
export function stopRequested(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    let asked = false
    const onSignal = (signal: NodeJS.Signals) => {
      if (asked) process.exit(signal === 'SIGINT' ? 130 : 143)
      asked = true
      resolve(signal)
    }
    process.on('SIGINT', onSignal)
    process.on('SIGTERM', onSignal)
  })
}

/** A signal that aborts, with a failure that says this, once a stop is requested. */
export function abortWith(stopped: Promise<unknown>, message: string): AbortSignal {
  const abort = new AbortController()
  void stopped.then(() => abort.abort(new RollcallError('CONFLICT', message)))
  return abort.signal
}
