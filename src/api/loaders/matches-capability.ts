import type { Capability } from '../../netconf/protocol/capabilities.ts'
import type { CapabilityFilter, StringFilter } from '../../store/query/filters.ts'

/** What the store's filter does in SQL, over capabilities that are loaded already. */
export function matchesCapability(capability: Capability, filter: CapabilityFilter): boolean {
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
