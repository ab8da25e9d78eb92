import { RollcallError } from '../../base/errors.ts'
import { type PageRequest, sizeOf } from '../../store/query/page.ts'

export const DEFAULT_PAGE_SIZE = 100
export const MAX_PAGE_SIZE = 1_000

/**
 * The page that a client's connection arguments ask for: the first 100 where neither `first` nor `last` is given.
 *
 * @throws RollcallError BAD_USER_INPUT for more than 1,000, for less than 0, and where both are given.
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
