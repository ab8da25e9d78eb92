import SchemaBuilder, { type MaybePromise } from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import ScopeAuthPlugin from '@pothos/plugin-scope-auth'
import { decodeGlobalId, encodeGlobalId } from '../../base/global-id.ts'
import { type AuthScopes, forbidden, scopesOf } from '../auth/requires-role.ts'
import type { ApiContext } from '../context.ts'
import { listSize, weight } from '../limits/field-costs.ts'
import { parseDateTime, serializeDateTime } from './date-time.ts'

/** The bare builder: every entity adds itself to it in a file of its own, and schema.ts gathers these. */
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
  // Of the fields of Query, Mutation and Subscription: whoever gets that far may read all that is below.
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
      description: 'Where the object stands. Give it as `after` or `before` to page on from here.',
    },
    pageInfoFieldOptions: { description: 'Whether there are more pages, and how to get to them.' },
    pageInfoTypeOptions: { description: 'Where a page stands among all the others.' },
    hasNextPageFieldOptions: { description: 'Whether there are objects after this page.' },
    hasPreviousPageFieldOptions: { description: 'Whether there are objects before this page.' },
    startCursorFieldOptions: {
      description:
        'Cursor of the first object; null where the page is empty. `before` it lies the previous page.',
    },
    endCursorFieldOptions: {
      description: 'Cursor of the last object; null where the page is empty. `after` it lies the next page.',
    },
    firstArgOptions: {
      description: 'So many from the start, or after `after`: at most 1000. Default: 100, without `last`.',
    },
    lastArgOptions: { description: 'So many from the end, or before `before`: at most 1000.' },
    afterArgOptions: {
      description: 'A cursor of the same field, filter and order: only what comes after it.',
    },
    beforeArgOptions: {
      description: 'A cursor of the same field, filter and order: only what comes before it.',
    },
    defaultConnectionTypeOptions: { description: 'One page of a list (Relay cursor connections).' },
    defaultEdgeTypeOptions: { description: 'One object on a page, and where it stands.' },
    idFieldOptions: {
      description: 'Unique over all types, and opaque: `node` gives the object for it again.',
    },
    encodeGlobalID: encodeGlobalId,
    decodeGlobalID: decodeGlobalId,
    nodeTypeOptions: { description: 'An object that can be fetched again by its id.' },
    nodeQueryOptions: {
      nullable: true,
      description: 'The object with this id; null where there is none.',
      args: { id: { description: 'Of an object of any type that implements `Node`.' } },
    },
    nodesQueryOptions: {
      nullable: { list: false, items: true },
      description: 'The objects with these ids, in the order of the ids; null where there is none.',
      args: { ids: { description: 'Of objects of any types that implement `Node`.' } },
      extensions: listSize({ argument: 'ids' }),
    },
  },
})

builder.queryType({
  authScopes: { role: 'VIEWER' },
  description: 'What can be asked. Needs the role VIEWER where authentication is on.',
})
builder.mutationType({
  description:
    'What can be done. Each description begins with the role that it needs where authentication is on.',
})
builder.subscriptionType({
  authScopes: { role: 'VIEWER' },
  description:
    'What can be followed, over Server-Sent Events or WebSocket. Needs the role VIEWER where authentication is on.',
})

builder.scalarType('DateTime', {
  description: 'An instant, RFC 3339, UTC, millisecond precision: 2026-05-03T23:19:04.120Z.',
  serialize: serializeDateTime,
  parseValue: parseDateTime,
})

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    extensions: weight(50),
    description: 'How many there are on all pages together. Counted only where asked for.',
    resolve: (connection) => connection.countAll(),
  }),
)
