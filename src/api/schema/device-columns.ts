import { type FieldNode, type GraphQLResolveInfo, Kind } from 'graphql'
import type { DeviceColumn } from '../../store/device-store.ts'

/** What the fields of Device that lists of thousands are asked for are resolved from, beside the id and the site. */
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

/** Of fields that stand alone, which is nearly all; the parents of a list are thousands. */
const known = new WeakMap<FieldNode, readonly DeviceColumn[] | null>()

/** What of its devices a list is asked for; null: all of it. */
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
