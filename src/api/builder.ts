import SchemaBuilder from '@pothos/core'
import RelayPlugin from '@pothos/plugin-relay'
import type { ApiContext } from './context.ts'
import { parseDateTime, serializeDateTime } from './date-time.ts'
import { decodeGlobalId, encodeGlobalId } from './global-id.ts'

/** The bare builder: every entity adds itself to it in a file of its own, and schema.ts gathers these. */
export const builder = new SchemaBuilder<{
  Context: ApiContext
  DefaultFieldNullability: false
  DefaultEdgesNullability: false
  DefaultNodeNullability: false
  Connection: { countAll: () => Promise<number> }
  Scalars: {
    DateTime: { Input: number; Output: number }
    ID: { Input: string; Output: string | number }
  }
}>({
  plugins: [RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    cursorType: 'String',
    nodesOnConnection: true,
    edgesFieldOptions: { nullable: false },
    nodeFieldOptions: { nullable: false },
    encodeGlobalID: encodeGlobalId,
    decodeGlobalID: decodeGlobalId,
    nodeTypeOptions: { description: 'An object that can be fetched again by its id.' },
    nodeQueryOptions: { nullable: true, description: 'The object with this id; null where there is none.' },
    nodesQueryOptions: {
      nullable: { list: false, items: true },
      description: 'The objects with these ids, in the order of the ids; null where there is none.',
    },
  },
})

builder.queryType({})
builder.mutationType({})
builder.subscriptionType({})

builder.scalarType('DateTime', {
  description: 'An instant, RFC 3339, UTC, millisecond precision: 2026-05-03T23:19:04.120Z.',
  serialize: serializeDateTime,
  parseValue: parseDateTime,
})

builder.globalConnectionField('totalCount', (t) =>
  t.int({
    description: 'How many there are on all pages together. Counted only where asked for.',
    resolve: (connection) => connection.countAll(),
  }),
)
