import {
  type DocumentNode,
  type ExecutionArgs,
  type execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type subscribe,
} from 'graphql'
import { type ExecutionResult, makeServer } from 'graphql-ws'
import { withCleanUp } from '../../base/with-clean-up.ts'
import { authFailureError } from '../auth/auth-result.ts'
import { type AuthenticatedSession, callerOf } from '../auth/authenticated-session.ts'
import { SharedResult } from '../execution/shared-result.ts'
import type { ThreadTurns } from '../fairness/thread-turns.ts'
import { withCode } from '../operations/errors.ts'
import type { PersistedOperations } from '../operations/persisted-operations.ts'
import type { OperationParams } from '../operations/request-parsing.ts'
import type { SocketOperations } from './socket-operations.ts'
import type { SocketSession } from './socket-session.ts'

/** The steps of one operation, from its text to its result. */
interface Pipeline {
  schema: GraphQLSchema
  parse(text: string): DocumentNode
  validate(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[]
  contextFactory(): unknown
  execute: (args: ExecutionArgs) => ReturnType<typeof execute>
  subscribe: (args: ExecutionArgs) => ReturnType<typeof subscribe>
}

/**
 * Returns the steps for an operation with these parameters in a session. HTTP requests take the same steps.
 * The signal aborts when nobody waits for the answer any more.
 */
export type PipelineOf = (operation: {
  params: object
  session: AuthenticatedSession
  closed: AbortSignal
  caller: string
  /** The time of arrival by `performance.now()`. */
  arrivedAt: number
}) => Pipeline

/** The part of a connection that the protocol's server gets from us. */
interface Connection {
  /** Sends the parts as one message. */
  send(...parts: (string | Buffer)[]): Promise<void>
  caller: SocketSession
  /** The client's address. */
  address: string
  /** Call this when the client is authenticated. */
  authenticated(): void
  operations: SocketOperations
}

/** A client that has not authenticated by then is closed with 4408. */
const INIT_WITHIN_MS = 3_000

/** Serves graphql-transport-ws over any transport of its messages. */
export function serveProtocol({
  pipelineOf,
  operations: persisted,
  turns,
}: {
  pipelineOf: PipelineOf
  operations: PersistedOperations
  turns: ThreadTurns
}) {
  return makeServer<Record<string, unknown>, Connection>({
    connectionInitWaitTimeout: INIT_WITHIN_MS,
    execute: (args) => (args.rootValue as Pipeline).execute(args),
    subscribe: (args) => (args.rootValue as Pipeline).subscribe(args),
    onConnect: async ({ connectionParams, extra }) => {
      const isAuthenticated = await extra.caller.begin(connectionParams?.authorization)
      if (isAuthenticated) extra.authenticated()
      return isAuthenticated
    },
    onSubscribe: async ({ extra, subscriptions }, id, params) => {
      const arrivedAt = performance.now()
      const closed = extra.operations.endOf(id)
      const refusal = tooManyOperations(extra.operations.count(subscriptions))
      if (refusal) return [refusal]
      const current = await extra.caller.current()
      if ('failure' in current) return [authFailureError(current.failure)]
      const { session } = current
      const caller = callerOf(session, extra.address)
      const pipeline = pipelineOf({ params, session, closed, caller, arrivedAt })
      const { schema } = pipeline
      let document: DocumentNode
      try {
        await turns.takeForRequest(caller)
        document = pipeline.parse(persisted.textOf(params as OperationParams))
      } catch (requestError) {
        return [withCode(requestError as GraphQLError)]
      }
      const errors = pipeline.validate(schema, document)
      if (errors.length > 0) return errors
      return {
        schema,
        document,
        // Some clients send an empty name instead of none.
        operationName: params.operationName || undefined,
        variableValues: params.variables,
        contextValue: await pipeline.contextFactory(),
        rootValue: pipeline,
      }
    },
    onOperation: ({ extra }, id, _params, _args, result) => {
      const isFollowed = Symbol.asyncIterator in result
      if (!isFollowed && !(result instanceof SharedResult)) return undefined
      extra.operations.follow(id)
      const results = isFollowed ? (result as AsyncGenerator<ExecutionResult>) : resultsOf(result)
      return sendShared(id, results, extra.send)
    },
    onNext: (_context, _id, _params, _args, { data, errors, extensions }) =>
      errors && {
        ...(data !== undefined && { data }),
        errors: errors.map(formatted),
        ...(extensions && { extensions }),
      },
    onError: (_context, _id, _params, errors) => errors.map(formatted),
  })
}

/** Formats an error without what only HTTP needs. An error without a code is one of the request. */
function formatted(error: GraphQLError): GraphQLFormattedError {
  const { extensions: { http, ...extensions } = {}, ...rest } = error.toJSON()
  return { ...rest, extensions: { code: 'BAD_USER_INPUT', ...extensions } }
}

/**
 * The most queries and subscriptions under way over one WebSocket: enough for a full page, not for a server.
 */
const MAX_OPERATIONS = 100

/** Returns the error of an operation that exceeds the limit. */
function tooManyOperations(underWay: number): GraphQLError | undefined {
  if (underWay <= MAX_OPERATIONS) return undefined
  return new GraphQLError(
    `This WebSocket has ${MAX_OPERATIONS} operations under way. Complete one or open another WebSocket.`,
    { extensions: { code: 'RATE_LIMITED' } },
  )
}

/** Yields the one result of a query, so that it is sent like those of a subscription. */
async function* resultsOf<R>(result: R): AsyncGenerator<R, void> {
  yield result
}

/**
 * Sends the shared results of an operation as messages of graphql-transport-ws. The protocol's own server
 * would write each one again for every subscriber. The next result is requested after the one before was
 * sent. Results that are not shared, and the end, are passed on for that server to send.
 */
export function sendShared<R>(
  id: string,
  results: AsyncGenerator<R, unknown>,
  send: (...parts: (string | Buffer)[]) => Promise<void>,
): AsyncGenerator<R, void> {
  const start = `{"id":${JSON.stringify(id)},"type":"next","payload":`
  return withCleanUp(results, {
    async next() {
      for (;;) {
        const step = await results.next()
        if (step.done || !(step.value instanceof SharedResult)) return step
        // The bytes of a large result are shared by all who are sent it.
        const { json } = step.value
        await (typeof json === 'string' ? send(`${start}${json}}`) : send(start, json, '}'))
      }
    },
  })
}
