import { RollcallError } from '../base/errors.ts'
import type { Page, PageRequest } from '../store/page.ts'

const DEFAULT_PAGE_SIZE = 100
const MAX_PAGE_SIZE = 1_000

/**
 * The page that a client's connection arguments ask for: the first 100 where neither `first` nor `last` is given.
 *
 * @throws RollcallError BAD_USER_INPUT for more than 1,000.
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
  return { first: first ?? (last == null ? DEFAULT_PAGE_SIZE : undefined), last, after, before }
}

/** A page as a Relay connection. */
export function toConnection<T>(page: Page<T>, countAll: () => Promise<number>) {
  return {
    edges: page.items.map((node, index) => ({ node, cursor: page.cursors[index] ?? '' })),
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: page.hasPreviousPage,
      startCursor: page.cursors[0] ?? null,
      endCursor: page.cursors.at(-1) ?? null,
    },
    countAll,
  }
}
