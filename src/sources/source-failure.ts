import { RollcallError } from '../base/errors.ts'

/**
 * A source that cannot be used. `subject` is the path or the URL that is at fault, without a secret; `problem` the
 * predicate of a sentence about it that tells what to change.
 */
export function sourceFailure(
  subject: string,
  problem: string,
  options?: { cause?: unknown },
): RollcallError {
  return new RollcallError('SOURCE_FAILED', `${subject} ${problem}`, options)
}
