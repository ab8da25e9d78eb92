import { RollcallError } from '../base/errors.ts'

/**
 * Returns the failure for a source that cannot be used. `subject` is the path or URL at fault, without a
 * secret; `problem` is the predicate of a sentence about it that says what to change. /
 */
export function sourceFailure(
  subject: string,
  problem: string,
  options?: { cause?: unknown },
): RollcallError {
  return new RollcallError('SOURCE_FAILED', `${subject} ${problem}`, options)
}
