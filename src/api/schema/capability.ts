import type { Capability as ParsedCapability } from '../../netconf/protocol/capabilities.ts'
import { builder } from './builder.ts'

export const Capability = builder.objectRef<ParsedCapability>('Capability').implement({
  description: 'One capability from a NETCONF hello (RFC 6241 section 8.1), its parameters taken apart.',
  fields: (t) => ({
    uri: t.exposeString('uri', { description: 'The URI as advertised, parameters included.' }),
    namespace: t.exposeString('namespace', { description: 'The URI without its query part.' }),
    module: t.exposeString('module', { nullable: true, description: 'The YANG module.' }),
    revision: t.exposeString('revision', { nullable: true, description: 'Its revision, YYYY-MM-DD.' }),
    features: t.exposeStringList('features', { description: 'The features that are supported.' }),
    deviations: t.exposeStringList('deviations', { description: 'The modules that deviate from it.' }),
  }),
})
