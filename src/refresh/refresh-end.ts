import { formatDuration } from '../base/durations.ts'
import { RollcallError } from '../base/errors.ts'
import type { Store } from '../store/store.ts'

export type RefreshPatch = Parameters<Store['refreshes']['update']>[1]

/** The reason why a refresh ends before its last result. */
export type StopReason = 'cancel' | 'shutdown' | 'deadline' | 'failure'

const INTERRUPTED: RefreshPatch = {
  state: 'INTERRUPTED',
  error: 'Rollcall was stopped before the refresh had ended; the refresh continues at the next start.',
}

/**
 * Returns how a refresh ends if this machine was unable to probe some devices. `error` is its error so far.
 */
export function failedByShortage(
  { count, message }: { count: number; message: string },
  error: string | null,
): RefreshPatch {
  const devices = count === 1 ? '1 device was' : `${count} devices were`
  const problem = `${devices} not probed: ${message}`
  return { state: 'FAILED', error: error === null ? problem : `${error} ${problem}` }
}

/**
 * Returns how a refresh ends that was stopped or that failed with an exception.
 *
 * @param finishedAt epoch milliseconds
 * @param deadlineMs the longest time that a refresh may take
 */
export function endAfter(
  { stopReason, failure }: { stopReason: StopReason | undefined; failure?: unknown },
  { finishedAt, deadlineMs }: { finishedAt: number; deadlineMs: number },
): RefreshPatch {
  switch (stopReason) {
    case 'shutdown':
      return INTERRUPTED
    case 'cancel':
      return { state: 'CANCELLED', finishedAt }
    case 'deadline':
      return {
        state: 'FAILED',
        finishedAt,
        error:
          `The refresh did not end within ${formatDuration(deadlineMs)}, when the next one is due. Raise ` +
          `the limits under \`throttle\`, or \`schedule.every\`.`,
      }
    default: {
      const error =
        failure instanceof RollcallError
          ? failure.publicMessage
          : 'Rollcall failed with an internal error during this refresh; its log says more.'
      return { state: 'FAILED', finishedAt, error }
    }
  }
}
