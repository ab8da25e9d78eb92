import { GraphQLError } from 'graphql'

/** Queries and subscriptions under way over one WebSocket: a page full of them, and not a server. */
const MAX_OPERATIONS = 100

/** The refusal of an operation, where those under way are too many with it. */
export function tooManyOperations(underWay: number): GraphQLError | undefined {
  if (underWay <= MAX_OPERATIONS) return undefined
  return new GraphQLError(
    `This WebSocket has ${MAX_OPERATIONS} operations under way, and no more are allowed; complete some, or open another.`,
    { extensions: { code: 'RATE_LIMITED' } },
  )
}
