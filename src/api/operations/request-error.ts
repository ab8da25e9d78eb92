import { GraphQLError } from 'graphql'

/** What is wrong with a request itself, and the status, 400 unless said otherwise, and headers that HTTP answers it with. */
export function requestError(
  message: string,
  {
    status = 400,
    code = 'BAD_USER_INPUT',
    headers = {},
  }: { status?: number; code?: string; headers?: Readonly<Record<string, string>> } = {},
): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status, headers } } })
}
