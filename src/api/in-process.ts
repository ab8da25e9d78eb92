import { type ExecutionResult, execute, parse, validate } from 'graphql'
import type { Logger } from '../base/log.ts'
import type { Viewer } from './auth/authenticated-session.ts'
import { type ApiServices, createContext } from './context.ts'
import { Feeds } from './live/feeds.ts'
import { maskError } from './operations/errors.ts'
import { schema } from './schema/schema.ts'

/**
 * Executes a query or mutation without a server, for the commands that work on a database. The limits of the
 * server do not apply. Errors are those that a client of the server would get.
 *
 * @param viewer the person on whose behalf it runs
 */
export async function executeInProcess(
  { services, viewer, log }: { services: ApiServices; viewer: Viewer; log: Logger },
  text: string,
  variables: Readonly<Record<string, unknown>>,
): Promise<ExecutionResult> {
  const document = parse(text)
  const problems = validate(schema, document)
  if (problems.length > 0) return { errors: problems }
  // No subscription runs here.
  const feeds = new Feeds(services, new AbortController().signal)
  try {
    const contextValue = createContext(services, feeds, viewer)
    const { data, errors } = await execute({ schema, document, variableValues: variables, contextValue })
    if (errors === undefined) return { data: data ?? null }
    const masked = errors.map((error) => maskError(error, log) as typeof error)
    return { data: data ?? null, errors: masked }
  } finally {
    feeds.close()
  }
}
