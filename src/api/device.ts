import { RollcallError } from '../base/errors.ts'
import type { DeviceRow } from '../store/device-store.ts'
import { builder } from './builder.ts'
import { Capability, matchesCapability } from './capability.ts'
import { pageRequest, toConnection } from './connections.ts'
import type { ApiContext } from './context.ts'
import { DeviceFacts } from './device-facts.ts'
import { DeviceLifecycleEnum, OrderDirectionEnum, ProbeHoldEnum } from './enums.ts'
import { expectRow } from './expect-row.ts'
import { CapabilityFilterInput, DeviceFilterInput } from './filter-inputs.ts'
import { HostKey } from './host-key.ts'
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

builder.node(Device, {
  description: 'A network device. Its name is unique within its site.',
  id: { resolve: (device) => device.id },
  loadOne: (id, { loaders }) => loaders.device.load(Number(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As the source gives it.' }),
    address: t.exposeString('address', { description: 'IPv4, IPv6 or host name, as the source gives it.' }),
    port: t.exposeInt('port', { description: 'TCP port of NETCONF over SSH.' }),
    platform: t.exposeString('platform', { nullable: true, description: 'As the source gives it.' }),
    site: t.field({ type: Site, resolve: (device, _args, context) => siteOf(device, context) }),
    country: t.field({ type: Country, resolve: (device, _args, context) => countryOf(device, context) }),
    lifecycle: t.expose('lifecycle', { type: DeviceLifecycleEnum }),
    source: t.exposeString('source', {
      description: 'Name of the source that last reported the device; `manual` where a mutation made it.',
    }),
    netconfSupported: t.exposeBoolean('netconfSupported', {
      nullable: true,
      description:
        'Whether the most recent probe opened a NETCONF session that offers every required capability. Null before the first probe.',
    }),
    missingCapabilities: t.exposeStringList('missingCapabilities', {
      description: 'Required capabilities that the last opened session did not offer.',
    }),
    capabilities: t.field({
      type: [Capability],
      description: 'Capabilities of the last opened session, sorted by URI.',
      args: { filter: t.arg({ type: CapabilityFilterInput }) },
      resolve: async (device, { filter }, context) => {
        if (device.capabilitySetId === null) return []
        const capabilities = await context.loaders.capabilitySet.load(device.capabilitySetId)
        return filter ? capabilities.filter((each) => matchesCapability(each, filter)) : capabilities
      },
    }),
    facts: t.field({
      type: DeviceFacts,
      nullable: true,
      description: 'Those that the device gave last; null where it never gave any.',
      resolve: (device, _args, { loaders }) => loaders.facts.load(device.id),
    }),
    hostKey: t.field({
      type: HostKey,
      nullable: true,
      description: 'Null where the device has not shown one yet.',
      resolve: (device, _args, { loaders }) => loaders.hostKey.load(device.id),
    }),
    lastProbe: t.field({
      type: Probe,
      nullable: true,
      description: 'The last probe that came to an end of its own; not one that was cancelled or skipped.',
      resolve: (device, _args, { loaders }) =>
        device.lastProbeId === null ? null : loaders.probe.load(device.lastProbeId),
    }),
    probes: t.connection(
      {
        type: Probe,
        description: 'Newest first.',
        resolve: async ({ id: deviceId }, args, { store }) =>
          toConnection(await store.probes.pageOfDevices({ deviceId, page: pageRequest(args) }), () =>
            store.probes.count({ deviceId }),
          ),
      },
      ProbeConnection,
    ),
    changes: t.connection(
      {
        type: Change,
        description: 'What the change log says of the device, newest first.',
        resolve: async ({ id }, args, { loaders }) =>
          toConnection(await loaders.changesOfDevice.load({ parentId: id, page: pageRequest(args) }), () =>
            loaders.changeCountOfDevice.load(id),
          ),
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
      description: 'When the last probe ended.',
    }),
    lastSupportedAt: t.expose('lastSupportedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When a probe last ended in SUPPORTED.',
    }),
    nextProbeAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the gateway means to probe the device next; null where it does not mean to (see `probeHold`). For a device that keeps failing: the first scheduled refresh after it is no longer held back.',
      resolve: async (device, _args, context) => {
        const hold = await holdOf(device, context)
        if (hold === 'BACKING_OFF') return context.gateway.scheduledFrom(device.backOffUntil ?? 0)
        return hold === null ? context.gateway.nextScheduledRefreshAt() : null
      },
    }),
    probeHold: t.field({
      type: ProbeHoldEnum,
      nullable: true,
      description: 'Why the device is not being probed at present, null where nothing holds it back.',
      resolve: (device, _args, context) => holdOf(device, context),
    }),
  }),
})

const DeviceOrderFieldEnum = builder.enumType('DeviceOrderField', {
  description: 'What devices are sorted by; what was never probed stands before all that was.',
  values: ['NAME', 'ADDRESS', 'SITE', 'COUNTRY', 'LAST_PROBED_AT', 'LAST_SEEN_AT'] as const,
})

const DeviceOrderInput = builder.inputType('DeviceOrder', {
  description: 'Ties are broken the same way each time.',
  fields: (t) => ({
    field: t.field({ type: DeviceOrderFieldEnum, required: true }),
    direction: t.field({ type: OrderDirectionEnum, defaultValue: 'ASC' }),
  }),
})

builder.queryFields((t) => ({
  device: t.field({
    type: Device,
    nullable: true,
    description:
      'Names are unique within a site, and site names within a country; a name that fits several is BAD_USER_INPUT.',
    args: {
      name: t.arg.string({ required: true }),
      site: t.arg.string(),
      country: t.arg.string(),
    },
    resolve: async (_root, { name, site, country }, { store }) => {
      const devices = await store.devices.find(name, site ?? undefined, country ?? undefined)
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
        'By name where no order is given. Decommissioned devices only where the filter asks for them.',
      args: { filter: t.arg({ type: DeviceFilterInput }), orderBy: t.arg({ type: DeviceOrderInput }) },
      resolve: async (_root, { filter, orderBy, ...args }, { store }) => {
        const order = orderBy && { field: orderBy.field, direction: orderBy.direction ?? 'ASC' }
        const page = await store.devices.page({
          filter: filter ?? undefined,
          orderBy: order ?? undefined,
          page: pageRequest(args),
        })
        return toConnection(page, () => store.devices.count(filter ?? undefined))
      },
    },
    DeviceConnection,
  ),
}))

async function siteOf(device: DeviceRow, { loaders }: ApiContext) {
  return expectRow(await loaders.site.load(device.siteId))
}

async function countryOf(device: DeviceRow, context: ApiContext) {
  const site = await siteOf(device, context)
  return expectRow(await context.loaders.country.load(site.countryId))
}

async function holdOf(device: DeviceRow, context: ApiContext) {
  const site = await siteOf(device, context)
  const country = await countryOf(device, context)
  const hostKey = await context.loaders.hostKey.load(device.id)
  return context.refreshes.holdOf({ ...device, site: site.name, country: country.name, hostKey })
}
