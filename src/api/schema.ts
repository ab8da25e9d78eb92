import type { GraphQLSchema } from 'graphql'
import { builder } from './builder.ts'
import './country.ts'
import './site.ts'
import './device.ts'
import './probe.ts'
import './refresh.ts'
import './refresh-mutations.ts'
import './refresh-subscriptions.ts'
import './sync-plan.ts'
import './change.ts'
import './device-mutations.ts'
import './device-changes.ts'
import './gateway-info.ts'
import './viewer.ts'

/** The whole schema: each entity adds itself to the builder when its file is imported. */
export const schema: GraphQLSchema = builder.toSchema()
