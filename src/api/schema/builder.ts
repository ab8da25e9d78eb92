import SchemaBuilder, { type MaybePromise } from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import type { GraphQLField } from 'graphql'
import { decodeGlobalId, encodeGlobalId } from '../../base/global-id.ts'
import { type AuthScopes, forbidden, scopesOf } from '../auth/requires-role.ts'
import type { ApiContext } from '../context.ts'
import { listSize, weight } from '../limits/field-costs.ts'
import { parseDateTime, serializeDateTime } from './date-time.ts'

/** The schema builder. Each entity adds itself in a file of its own, and `schema.ts` imports these files. */
export const builder = new SchemaBuilder<{
  Context: ApiContext
  AuthScopes: AuthScopes
  DefaultFieldNullability: false
  DefaultEdgesNullability: false
  DefaultNodeNullability: false
  Connection: { countAll: () => MaybePromise<number> }
  Scalars: {
    DateTime: { Input: number; Output: number }
    ID: { Input: string; Output: string | number }
  }
}>({
  plugins: [ScopeAuthPlugin, RelayPlugin],
  defaultFieldNullability: false,
  // Roles are checked at the fields of Query, Mutation and Subscription. Nested fields need no further role.
  scopeAuth: {
    authScopes: scopesOf,
    authorizeOnSubscribe: true,
    unauthorizedError: (_parent, context, { fieldName }, { failure }) =>
      forbidden(context, fieldName, failure),
  },
  relay: {
    cursorType: 'String',
    nodesOnConnection: { description: 'The objects of this page, in order, without their cursors.' },
    edgesFieldOptions: {
      nullable: false,
      description: 'The objects of this page, in order, each with its cursor.',
    },
    nodeFieldOptions: { nullable: false, description: 'The object itself.' },
    cursorFieldOptions: {
      description: 'The position of the object. Pass it as `after` or `before` to continue from here.',
    },
    pageInfoFieldOptions: { description: 'Whether there are more pages, and the cursors to get them.' },
    pageInfoTypeOptions: { description: 'The position of a page in the whole list.' },
    hasNextPageFieldOptions: { description: 'Whether there are objects after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there are objects before this page.' },
    startCursorFieldOptions: {
      description:
        'Cursor of the first object; null if the page is empty. Pass it as `before` for the previous page.',
    },
    endCursorFieldOptions: {
      description:
        'Cursor of the last object; null if the page is empty. Pass it as `after` for the next page.',
    },
    firstArgOptions: {
      description:
        'The number of objects from the start, or from `after`: at most 1000. Default: 100, unless ' +
        '`last` is given.',
    },
    lastArgOptions: { description: 'The number of objects from the end, or up to `before`: at most 1000.' },
    afterArgOptions: {
      description: 'A cursor of the same field, filter and order: only the objects after it.',
    },
    beforeArgOptions: {
      description: 'A cursor of the same field, filter and order: only the objects before it.',
    },
    defaultConnectionTypeOptions: { description: 'One page of a list (Relay cursor connections).' },
    defaultEdgeTypeOptions: { description: 'One object on a page, with its cursor.' },
    idFieldOptions: {
      description: 'An opaque id, unique over all types. `node` fetches the object by it.',
    },
    encodeGlobalID: encodeGlobalId,
    decodeGlobalID: decodeGlobalId,
    nodeTypeOptions: { description: 'An object that can be fetched by its id.' },
    nodeQueryOptions: {
      nullable: true,
      description: 'The object with this id; null if there is none.',
      args: { id: { description: 'The id of an object of any type that implements `Node`.' } },
    },
    nodesQueryOptions: {
      nullable: { list: false, items: true },
      description: 'The objects with these ids, in the order of the ids; null for an id without an object.',
      args: { ids: { description: 'The ids of objects of any types that implement `Node`.' } },
      extensions: listSize({ argument: 'ids' }),
    },
  },
})

builder.queryType({
  authScopes: { role: 'VIEWER' },
  description: 'Everything that can be read. Needs the role VIEWER if authentication is on.',
})
builder.mutationType({
  description:
    'Everything that can be changed. Each description begins with the role that is needed if ' +
    'authentication is on.',
})
builder.subscriptionType({
  authScopes: { role: 'VIEWER' },
  description:
    'Everything that can be followed, over Server-Sent Events or WebSocket. Needs the role VIEWER if ' +
    'authentication is on.',
})

builder.scalarType('DateTime', {
  description: 'An instant, RFC 3339, UTC, millisecond precision: 2026-05-03T23:19:04.120Z.',
  serialize: serializeDateTime,
  parseValue: parseDateTime,
})

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    extensions: weight(50),
    description: 'The number of objects on all pages together. It is counted only if this field is selected.',
    resolve: (connection) => connection.countAll(),
  }),
)

/**
 * The mark, in the `extensions` of a field, that its value depends on more than the database, its arguments
 * and the caller's role: on the clock, on the gateway's own state, or on who asks. The answer to an operation
 * with such a field is never shared. A test compares the marks with what the resolvers read.
 */
export const readsRequestTimeState = { readsRequestTimeState: true }

/** Whether the field has the mark. */
export function mayReadRequestTimeState({ extensions }: GraphQLField<unknown, unknown>): boolean {
  return (extensions as { readsRequestTimeState?: boolean }).readsRequestTimeState ?? false
}
