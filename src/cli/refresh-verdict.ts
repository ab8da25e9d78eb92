import { InvalidArgumentError } from 'commander'
import { nearest } from '../config/nearest.ts'
import { PROBE_OUTCOMES, type ProbeOutcome } from '../netconf/outcome/outcome.ts'
import type { RefreshProgress } from '../refresh/progress.ts'

/** A credential that devices rejected too often. */
export interface SuspendedCredential {
  name: string
  rejections: number
}

/**
 * Returns why a refresh is a failure by its results, a sentence for each reason; none if it is a success.
 *
 * @param failOn the outcomes that no device may have
 */
export function failuresOf(
  { state, byOutcome, done }: Pick<RefreshProgress, 'state' | 'byOutcome' | 'done'>,
  { suspended, failOn }: { suspended: readonly SuspendedCredential[]; failOn: readonly ProbeOutcome[] },
): string[] {
  const failures = suspended.map(
    ({ name, rejections }) =>
      `The credential "${name}" is suspended: devices rejected it ${rejections} times in a row. ` +
      'Correct it; then the next refresh tries it on one device first.',
  )
  if (state === 'COMPLETED' && done > 0 && (byOutcome.SUPPORTED ?? 0) === 0) {
    failures.push('No device ended as SUPPORTED.')
  }
  for (const outcome of new Set(failOn)) {
    const count = byOutcome[outcome] ?? 0
    if (count > 0)
      failures.push(`${count} ${count === 1 ? 'device' : 'devices'} ended as ${outcome} (--fail-on).`)
  }
  return failures
}

/** Parses an option that is a list of outcomes, separated by commas, which may be given several times. */
export function outcomes(text: string, before: readonly ProbeOutcome[] | undefined): ProbeOutcome[] {
  const names = text.split(',').map((name) => name.trim())
  return [...(before ?? []), ...names.map(outcomeNamed)]
}

function outcomeNamed(name: string): ProbeOutcome {
  const outcome = PROBE_OUTCOMES.find((known) => known === name)
  if (outcome !== undefined) return outcome
  const meant = nearest(name, PROBE_OUTCOMES)
  const advice = meant === null ? `The outcomes are ${PROBE_OUTCOMES.join(', ')}.` : `Did you mean ${meant}?`
  throw new InvalidArgumentError(`There is no outcome "${name}". ${advice}`)
}
