import { completeValue } from '@pothos/core'
import { RollcallError } from '../../base/errors.ts'
import type { DeviceColumn, DevicePart, DeviceRow } from '../../store/device-store.ts'
import type { Page } from '../../store/query/page.ts'
import type { ApiContext } from '../context.ts'
import { listSize } from '../limits/field-costs.ts'
import { expectRow } from '../loaders/loader.ts'
import { builder, readsRequestTimeState } from './builder.ts'
import { LazyConnection, pageRequest } from './connections.ts'
import { Capability, DeviceFacts, HostKey } from './device-details.ts'
import { DeviceLifecycleEnum, OrderDirectionEnum, ProbeHoldEnum } from './enums.ts'
import { CapabilityFilterInput, DeviceFilterInput } from './filter-inputs.ts'
import { loadAhead } from './load-ahead.ts'
import {
  Change,
  ChangeConnection,
  Country,
  Device,
  DeviceConnection,
  Probe,
  ProbeConnection,
  Site,
} from './object-refs.ts'
import { probeColumns } from './probe.ts'
import { type FieldColumns, SelectedColumns } from './selected-columns.ts'

builder.node(Device, {
  description: 'A network device. Its name is unique within its site.',
  id: { resolve: (device) => device.id },
  loadWithoutCache: (id, { loaders }) => loaders.device.load(Number(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name as the source gives it.' }),
    address: t.exposeString('address', { description: 'IPv4, IPv6 or host name, as the source gives it.' }),
    port: t.exposeInt('port', { description: 'TCP port of NETCONF over SSH.' }),
    platform: t.exposeString('platform', {
      nullable: true,
      description: 'The platform as the source gives it, for example iosxe or junos. Null if it gives none.',
    }),
    site: t.field({
      type: Site,
      description: 'The site of the device.',
      resolve: (device, _args, context) => siteOf(device, context),
    }),
    country: t.field({
      type: Country,
      description: 'The country of its site.',
      resolve: (device, _args, context) => countryOf(device, context),
    }),
    lifecycle: t.expose('lifecycle', {
      type: DeviceLifecycleEnum,
      description: 'Whether the device is in the inventory and is probed.',
    }),
    source: t.exposeString('source', {
      description: 'Name of the source that last reported the device; `manual` if a mutation created it.',
    }),
    netconfSupported: t.exposeBoolean('netconfSupported', {
      nullable: true,
      description:
        'Whether the last probe opened a NETCONF session that offers every required capability. Null ' +
        'before the first probe.',
    }),
    missingCapabilities: t.exposeStringList('missingCapabilities', {
      description: 'Required capabilities that the last opened session did not offer.',
    }),
    capabilities: t.field({
      type: [Capability],
      extensions: listSize(500),
      description: 'Capabilities of the last opened session, sorted by URI.',
      args: {
        filter: t.arg({ type: CapabilityFilterInput, description: 'Only matching capabilities.' }),
      },
      resolve: ({ capabilitySetId }, { filter }, { loaders }) => {
        if (capabilitySetId === null) return []
        const sets = filter ? loaders.capabilitiesOfSet.for(filter) : loaders.capabilitySet
        return sets.load(capabilitySetId)
      },
    }),
    facts: t.field({
      type: DeviceFacts,
      nullable: true,
      description: 'The facts that were last read from the device; null if none ever were.',
      resolve: (device, _args, { loaders }) => loaders.facts.load(device.id),
    }),
    hostKey: t.field({
      type: HostKey,
      nullable: true,
      description: 'The SSH host key; null if the device has not shown one yet.',
      resolve: (device, _args, { loaders }) => loaders.hostKey.load(device.id),
    }),
    lastProbe: t.field({
      type: Probe,
      nullable: true,
      description: 'The last probe, not counting cancelled and skipped ones. Null before the first one.',
      resolve: (device, _args, { loaders }, info) =>
        device.lastProbeId === null
          ? null
          : loaders.probe.for(probeColumns.of(info)).load(device.lastProbeId),
    }),
    probes: t.connection(
      {
        type: Probe,
        description: 'Newest first.',
        resolve: ({ id }, args, { loaders }) => {
          const pages = loaders.probesOfDevice.for(pageRequest(args))
          return new LazyConnection({
            fetchPage: () => pages.load(id),
            countAll: () => loaders.probeCountOfDevice.load(id),
          })
        },
      },
      ProbeConnection,
    ),
    changes: t.connection(
      {
        type: Change,
        description: 'The entries of the change log about the device, newest first.',
        resolve: ({ id }, args, { loaders }) => {
          const pages = loaders.changesOfDevice.for(pageRequest(args))
          return new LazyConnection({
            fetchPage: () => pages.load(id),
            countAll: () => loaders.changeCountOfDevice.load(id),
          })
        },
      },
      ChangeConnection,
    ),
    firstSeenAt: t.expose('firstSeenAt', {
      type: 'DateTime',
      description: 'When a source first reported the device.',
    }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description: 'When a source last reported the device.',
    }),
    lastProbedAt: t.expose('lastProbedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When `lastProbe` ended; null before the first one.',
    }),
    lastSupportedAt: t.expose('lastSupportedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a probe last ended in SUPPORTED; null if none ever did.',
    }),
    nextProbeAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the device is due to be probed next; null if it is not (see `probeHold`). For a device ' +
        'that keeps failing, the first scheduled refresh after its back-off.',
      extensions: readsRequestTimeState,
      resolve: async (device, _args, context) => {
        const hold = await holdOf(device, context)
        if (hold === 'BACKING_OFF') return context.gateway.scheduledFrom(device.backOffUntil ?? 0)
        return hold === null ? context.gateway.nextScheduledRefreshAt() : null
      },
    }),
    probeHold: t.field({
      type: ProbeHoldEnum,
      nullable: true,
      description: 'Why the device is not probed at present; null if nothing holds it back.',
      extensions: readsRequestTimeState,
      resolve: (device, _args, context) => holdOf(device, context),
    }),
  }),
})

const DeviceOrderFieldEnum = builder.enumType('DeviceOrderField', {
  description: 'The field by which devices are sorted.',
  values: {
    NAME: { description: 'Name of the device.' },
    ADDRESS: { description: 'Address as text: 10.0.0.10 comes before 10.0.0.9.' },
    SITE: { description: 'Name of the site, then of the device.' },
    COUNTRY: { description: 'Name of the country, then of the site, then of the device.' },
    LAST_PROBED_AT: {
      description:
        'When the last probe ended. In ascending order, devices that were never probed come first.',
    },
    LAST_SEEN_AT: { description: 'When a source last reported the device.' },
  } as const,
})

const DeviceOrderInput = builder.inputType('DeviceOrder', {
  description: 'The order of devices. Ties are broken the same way each time.',
  fields: (t) => ({
    field: t.field({ type: DeviceOrderFieldEnum, required: true, description: 'The field to sort by.' }),
    direction: t.field({
      type: OrderDirectionEnum,
      defaultValue: 'ASC',
      description: 'The direction of the order.',
    }),
  }),
})

builder.queryFields((t) => ({
  device: t.field({
    type: Device,
    nullable: true,
    description:
      'The device with this name; null if there is none. Device names are unique within a site, and site ' +
      'names within a country. If several devices match, the error is BAD_USER_INPUT.',
    args: {
      name: t.arg.string({ required: true, description: 'The name as the source gives it; case-sensitive.' }),
      site: t.arg.string({
        description: 'Name of its site. Needed if several sites have a device with this name.',
      }),
      country: t.arg.string({
        description: 'Name of its country. Needed if several countries have a device with this name.',
      }),
    },
    resolve: async (_root, { name, site, country }, { store, loaders }) => {
      const found = await store.devices.find(name, site ?? undefined, country ?? undefined)
      const devices = loaders.device.learnRows(found)
      if (devices.length > 1)
        throw new RollcallError(
          'BAD_USER_INPUT',
          `Several devices are named "${name}"; give \`site\` or \`country\` as well.`,
        )
      return devices[0]
    },
  }),
  devices: t.connection(
    {
      type: Device,
      description:
        'All matching devices, by name unless another order is given. Decommissioned devices are left ' +
        'out unless the filter asks for them.',
      args: {
        filter: t.arg({ type: DeviceFilterInput, description: 'Only matching devices.' }),
        orderBy: t.arg({ type: DeviceOrderInput, description: 'Default: by name, ascending.' }),
      },
      resolve: (_root, { filter: asked, orderBy, ...args }, { store, loaders, filterOf }, info) => {
        const options = {
          filter: filterOf(asked),
          orderBy: orderBy && { field: orderBy.field, direction: orderBy.direction ?? 'ASC' },
          page: pageRequest(args),
        }
        const columns = connectionColumns.of(info)
        return new LazyConnection({
          fetchPage: async () => {
            const found = columns
              ? asWhole(await store.devices.pageOfParts(options, columns))
              : await store.devices.page(options)
            if (!columns) loaders.device.learnRows(found.items)
            await loadAhead(found.items, info, loaders)
            return found
          },
          countAll: () => store.devices.count(options.filter),
        })
      },
    },
    DeviceConnection,
  ),
}))

function siteOf(device: DeviceRow, { loaders }: ApiContext) {
  return completeValue(loaders.site.load(device.siteId), expectRow)
}

function countryOf(device: DeviceRow, context: ApiContext) {
  return completeValue(siteOf(device, context), ({ countryId }) =>
    completeValue(context.loaders.country.load(countryId), expectRow),
  )
}

/** Gives the parts of a page to fields that read no other columns. */
function asWhole(page: Page<DevicePart>): Page<DeviceRow> {
  return page as Page<DeviceRow>
}

async function holdOf(device: DeviceRow, context: ApiContext) {
  const [site, country, hostKey] = await Promise.all([
    siteOf(device, context),
    countryOf(device, context),
    context.loaders.hostKey.load(device.id),
  ])
  return context.refreshes.holdOf({ ...device, site: site.name, country: country.name, hostKey })
}

/** The columns of a device besides the id and the site. */
const COLUMNS: FieldColumns<DeviceColumn> = {
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
  missingCapabilities: ['missingCapabilities'],
  capabilities: ['capabilitySetId'],
  lastProbe: ['lastProbeId'],
  lastProbedAt: ['lastProbedAt'],
  lastSupportedAt: ['lastSupportedAt'],
}

/** The columns that the fields selected of a list of devices need. */
export const deviceColumns = new SelectedColumns(COLUMNS)

/** The columns that the fields selected of a connection of devices need. */
const connectionColumns = new SelectedColumns<DeviceColumn>({
  __typename: [],
  nodes: COLUMNS,
  edges: { __typename: [], cursor: [], node: COLUMNS },
  pageInfo: [],
  totalCount: [],
})
