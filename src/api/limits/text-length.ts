import { RollcallError } from '../../base/errors.ts'

/** Of what a person writes to be kept. */
const MAX_CHARACTERS = 1_000

/** @throws RollcallError BAD_USER_INPUT for a text that is too long to be kept */
export function checkTextLength(name: string, text: string | null | undefined): void {
  if (!text || text.length <= MAX_CHARACTERS) return
  throw new RollcallError(
    'BAD_USER_INPUT',
    `\`${name}\` has ${text.length} characters, and at most ${MAX_CHARACTERS} are allowed; shorten it.`,
  )
}
