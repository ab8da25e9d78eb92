import type { FieldNode } from 'graphql'
import type { DeviceRow } from '../../store/device-store.ts'
import type { Loaders } from '../loaders/loaders.ts'
import { probeColumns } from './probe.ts'
import { type SelectionInfo, selectedFields } from './selected-columns.ts'

/**
 * Loads what the devices of a page refer to, as far as it is selected. Their resolvers would load it as well,
 * but each would wait with promises of its own, which takes longer than to read it.
 *
 * @param info of the field that has the page
 */
export async function loadAhead(
  devices: readonly DeviceRow[],
  info: SelectionInfo,
  loaders: Loaders,
): Promise<void> {
  const { fragments } = info
  const selected = Map.groupBy(fieldsOfDevices(info), ({ name }) => name.value)
  const ids = devices.map(({ id }) => id)
  const loads: Promise<unknown>[] = []
  const [node, ...more] = selected.get('lastProbe') ?? []
  // Several may be merged into one field, which then needs the columns of all.
  if (node && more.length === 0) {
    const probes = loaders.probe.for(probeColumns.of({ fieldNodes: [node], fragments }))
    loads.push(probes.loadAhead(devices.flatMap(({ lastProbeId }) => lastProbeId ?? [])))
  }
  if (selected.has('facts')) loads.push(loaders.facts.loadAhead(ids))
  if (selected.has('hostKey')) loads.push(loaders.hostKey.loadAhead(ids))
  if (selected.has('country')) loads.push(loadPlaces(devices, loaders))
  else if (selected.has('site')) loads.push(loadSites(devices, loaders))
  // If one fails, the resolver that needs it tries again, and its field has the error.
  await Promise.allSettled(loads)
}

async function loadPlaces(devices: readonly DeviceRow[], loaders: Loaders): Promise<void> {
  const sites = await loadSites(devices, loaders)
  await loaders.country.loadAhead(sites.flatMap((site) => site?.countryId ?? []))
}

async function loadSites(devices: readonly DeviceRow[], { site }: Loaders) {
  return await site.loadAhead(devices.map(({ siteId }) => siteId))
}

function* fieldsOfDevices({ fieldNodes, fragments }: SelectionInfo): Generator<FieldNode> {
  const within = (nodes: readonly FieldNode[]) => [...selectedFields(nodes, fragments, { surely: true })]
  for (const node of within(fieldNodes)) {
    if (node.name.value === 'nodes') yield* within([node])
    else if (node.name.value === 'edges') yield* within(within([node]))
  }
}
