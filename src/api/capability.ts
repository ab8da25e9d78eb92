import type { Capability as ParsedCapability } from '../netconf/capabilities.ts'
import type { CapabilityFilter, StringFilter } from '../store/filters.ts'
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

/** What the store's filter does in SQL, over capabilities that are loaded already. */
export function matchesCapability(capability: ParsedCapability, filter: CapabilityFilter): boolean {
  const { uri, module, minRevision } = filter
  if (uri && !matchesString(capability.uri, uri)) return false
  if (module && !matchesString(capability.module, module)) return false
  return minRevision == null || (capability.revision !== null && capability.revision >= minRevision)
}

function matchesString(value: string | null, filter: StringFilter): boolean {
  const { eq, contains, startsWith } = filter
  const conditions = [
    eq == null || value === eq,
    filter.in == null || (value !== null && filter.in.includes(value)),
    contains == null || value?.includes(contains),
    startsWith == null || value?.startsWith(startsWith),
  ]
  return conditions.every(Boolean)
}
