import type { ExecutionResult, GraphQLError } from 'graphql'
import { tooComplex } from '../limits/limit-errors.ts'

const MIB = 1024 * 1024

/** How large an answer may be. Its bytes stay in memory until the client has taken them. */
const MAX_BYTES = 64 * MIB
/** The same for one with errors. The API's thread parses it, because only there errors become fit for clients. */
const MAX_BYTES_WITH_ERRORS = 4 * MIB

/** An answer without its errors, as bytes of JSON in memory of their own. */
interface WrittenAnswer {
  /** `{"data":…}`; undefined if there is no data. */
  json: Uint8Array<ArrayBuffer> | undefined
  errors: readonly GraphQLError[]
}

/** Writes out a result. One that is too large becomes an error QUERY_TOO_COMPLEX. */
export function writeAnswer(
  result: ExecutionResult,
  { max = MAX_BYTES, maxWithErrors = MAX_BYTES_WITH_ERRORS } = {},
): WrittenAnswer {
  const { data, errors = [] } = result
  if (data === undefined) return { json: undefined, errors }
  const json = new TextEncoder().encode(JSON.stringify({ data }))
  const limit = errors.length > 0 ? maxWithErrors : max
  if (json.length <= limit) return { json, errors }
  const what = errors.length > 0 ? 'The answer has errors, and' : 'The answer has'
  const problem = `${what} ${inMib(json.length)} MiB, and at most ${inMib(limit)} MiB are allowed`
  return { json: undefined, errors: [tooComplex(`${problem}; ask for less at once, in pages.`)] }
}

function inMib(bytes: number): string {
  return (bytes / MIB).toFixed(1).replace(/\.0$/, '')
}
