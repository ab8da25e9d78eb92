import { type FieldNode, type GraphQLResolveInfo, Kind } from 'graphql'
import type { DeviceColumn } from '../../store/device-store.ts'

/** The columns that a field of Device needs, besides the id and the site. Other fields need all columns. */
const COLUMNS: Readonly<Record<string, readonly DeviceColumn[]>> = {
  __typename: [],
  id: [],
  site: [],
  country: [],
  facts: [],
  hostKey: [],
  name: ['name'],
  address: ['address'],
  port: ['port'],
  platform: ['platform'],
  lifecycle: ['lifecycle'],
  netconfSupported: ['netconfSupported'],
  capabilities: ['capabilitySetId'],
  lastProbe: ['lastProbeId'],
  lastProbedAt: ['lastProbedAt'],
  lastSupportedAt: ['lastSupportedAt'],
}

/** The columns of a field node, which thousands of parents share. */
const known = new WeakMap<FieldNode, readonly DeviceColumn[] | null>()

/** Returns the columns that a list of devices needs for its selected fields; null for all columns. */
export function deviceColumns({
  fieldNodes,
  fragments,
}: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>): readonly DeviceColumn[] | null {
  const [node] = fieldNodes
  if (!node || fieldNodes.length > 1) return columnsOf(fieldNodes, fragments)
  let columns = known.get(node)
  if (columns === undefined) {
    columns = columnsOf(fieldNodes, fragments)
    known.set(node, columns)
  }
  return columns
}

function columnsOf(
  nodes: readonly FieldNode[],
  fragments: GraphQLResolveInfo['fragments'],
): readonly DeviceColumn[] | null {
  const columns = new Set<DeviceColumn>()
  const waiting = nodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? [])
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (next.kind === Kind.INLINE_FRAGMENT) waiting.push(...next.selectionSet.selections)
    else if (next.kind === Kind.FRAGMENT_SPREAD) {
      waiting.push(...(fragments[next.name.value]?.selectionSet.selections ?? []))
    } else {
      const needed = COLUMNS[next.name.value]
      if (!needed) return null
      for (const column of needed) columns.add(column)
    }
  }
  return [...columns]
}
