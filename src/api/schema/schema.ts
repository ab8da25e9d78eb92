import { type GraphQLSchema, isInterfaceType } from 'graphql'
import { encodeGlobalId } from '../../base/global-id.ts'
import { builder } from './builder.ts'
import './country.ts'
import './site.ts'
import './device.ts'
import './probe.ts'
import './refresh.ts'
import './refresh-mutations.ts'
import './sync-plan.ts'
import './change.ts'
import './device-mutations.ts'
import './bulk-mutations.ts'
import './device-groups.ts'
import './subscriptions.ts'
import './gateway-info.ts'
import './viewer.ts'

/** The whole schema. Each entity adds itself to the builder when its file is imported. */
export const schema: GraphQLSchema = withPlainIds(builder.toSchema())

/**
 * Replaces the id resolvers of the Relay plugin. These return promises, of which a hierarchy would have
 * thousands.
 */
function withPlainIds(built: GraphQLSchema): GraphQLSchema {
  const node = built.getType('Node')
  if (!isInterfaceType(node)) throw new Error('The schema has no Node.')
  for (const type of built.getPossibleTypes(node)) {
    const { id } = type.getFields()
    if (id) id.resolve = (row: { id: number }) => encodeGlobalId(type.name, row.id)
  }
  return built
}
