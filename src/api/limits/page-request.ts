import { RollcallError } from '../../base/errors.ts'
import { type PageRequest, sizeOf } from '../../store/query/page.ts'

export const DEFAULT_PAGE_SIZE = 100
export const MAX_PAGE_SIZE = 1_000

/**
 * Checks the connection arguments of a client. Without `first` and `last`, the page is the first 100.
 *
 * @throws RollcallError BAD_USER_INPUT for a size above 1,000 or below 0, and if both are given
 */
export function pageRequest(args: PageRequest): PageRequest {
  const { first, last, after, before } = args
  for (const [name, size] of Object.entries({ first, last })) {
    if (size == null || size <= MAX_PAGE_SIZE) continue
    throw new RollcallError(
      'BAD_USER_INPUT',
      `\`${name}\` is ${size}, and a page has at most ${MAX_PAGE_SIZE} items; ask for fewer and follow the cursors.`,
    )
  }
  const request = { first: first ?? (last == null ? DEFAULT_PAGE_SIZE : undefined), last, after, before }
  sizeOf(request)
  return request
}
