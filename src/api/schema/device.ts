import { completeValue } from '@pothos/core'
import { RollcallError } from '../../base/errors.ts'
import type { Capability as ParsedCapability } from '../../netconf/protocol/capabilities.ts'
import type { DeviceRow } from '../../store/device-store.ts'
import type { FactsRow } from '../../store/results/facts-store.ts'
import type { ApiContext } from '../context.ts'
import { listSize } from '../limits/field-costs.ts'
import { pageRequest } from '../limits/page-request.ts'
import { expectRow } from '../loaders/loader.ts'
import { builder } from './builder.ts'
import { DeviceLifecycleEnum, OrderDirectionEnum, ProbeHoldEnum } from './enums.ts'
import { CapabilityFilterInput, DeviceFilterInput } from './filter-inputs.ts'
import { HostKey } from './host-key.ts'
import { LazyConnection } from './lazy-connection.ts'
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
import { readsRequestTimeState } from './request-time-state.ts'

const Capability = builder.objectRef<ParsedCapability>('Capability').implement({
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

const DeviceFacts = builder.objectRef<FactsRow>('DeviceFacts').implement({
  description: 'What the device says of itself over NETCONF. Null fields were not offered.',
  fields: (t) => ({
    hostname: t.exposeString('hostname', {
      nullable: true,
      description: 'The name that the device gives itself.',
    }),
    vendor: t.exposeString('vendor', { nullable: true, description: 'Who made it: Cisco, Juniper.' }),
    model: t.exposeString('model', { nullable: true, description: "The vendor's name for the hardware." }),
    osVersion: t.exposeString('osVersion', {
      nullable: true,
      description: 'Of its operating system, as the device writes it.',
    }),
    serialNumber: t.exposeString('serialNumber', { nullable: true, description: 'Of the chassis.' }),
    readFrom: t.exposeString('readFrom', {
      description: 'The YANG module that the facts were read from.',
    }),
    readAt: t.expose('readAt', {
      type: 'DateTime',
      description: 'When the probe ended that read them; a later one that could not leaves them.',
    }),
  }),
})

builder.node(Device, {
  description: 'A network device. Its name is unique within its site.',
  id: { resolve: (device) => device.id },
  loadWithoutCache: (id, { loaders }) => loaders.device.load(Number(id)),
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As the source gives it.' }),
    address: t.exposeString('address', { description: 'IPv4, IPv6 or host name, as the source gives it.' }),
    port: t.exposeInt('port', { description: 'TCP port of NETCONF over SSH.' }),
    platform: t.exposeString('platform', {
      nullable: true,
      description: 'As the source gives it: iosxe, junos. Null where it gives none.',
    }),
    site: t.field({
      type: Site,
      description: 'Where the device is.',
      resolve: (device, _args, context) => siteOf(device, context),
    }),
    country: t.field({
      type: Country,
      description: 'The country of its site.',
      resolve: (device, _args, context) => countryOf(device, context),
    }),
    lifecycle: t.expose('lifecycle', {
      type: DeviceLifecycleEnum,
      description: 'Whether the device is still in the inventory, and so is probed.',
    }),
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
      extensions: listSize(500),
      description: 'Capabilities of the last opened session, sorted by URI.',
      args: {
        filter: t.arg({ type: CapabilityFilterInput, description: 'Only the capabilities that it matches.' }),
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
      description:
        'The last probe that came to an end of its own; not one that was cancelled or skipped. Null before the first one.',
      resolve: (device, _args, { loaders }) =>
        device.lastProbeId === null ? null : loaders.probe.load(device.lastProbeId),
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
        description: 'What the change log says of the device, newest first.',
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
      description: 'When a probe last ended in SUPPORTED; null where none ever did.',
    }),
    nextProbeAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the gateway means to probe the device next; null where it does not mean to (see `probeHold`). For a device that keeps failing: the first scheduled refresh after it is no longer held back.',
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
      description: 'Why the device is not being probed at present, null where nothing holds it back.',
      extensions: readsRequestTimeState,
      resolve: (device, _args, context) => holdOf(device, context),
    }),
  }),
})

const DeviceOrderFieldEnum = builder.enumType('DeviceOrderField', {
  description: 'What devices are sorted by.',
  values: {
    NAME: { description: 'Name of the device.' },
    ADDRESS: { description: 'Address as text: 10.0.0.10 comes before 10.0.0.9.' },
    SITE: { description: 'Name of the site, then of the device.' },
    COUNTRY: { description: 'Name of the country, then of the site, then of the device.' },
    LAST_PROBED_AT: {
      description: 'When the last probe ended; ascending, what was never probed comes first.',
    },
    LAST_SEEN_AT: { description: 'When a source last reported the device.' },
  } as const,
})

const DeviceOrderInput = builder.inputType('DeviceOrder', {
  description: 'Ties are broken the same way each time.',
  fields: (t) => ({
    field: t.field({ type: DeviceOrderFieldEnum, required: true, description: 'What decides.' }),
    direction: t.field({
      type: OrderDirectionEnum,
      defaultValue: 'ASC',
      description: 'Which end comes first.',
    }),
  }),
})

builder.queryFields((t) => ({
  device: t.field({
    type: Device,
    nullable: true,
    description:
      'Names are unique within a site, and site names within a country; a name that fits several is BAD_USER_INPUT. Null where there is none.',
    args: {
      name: t.arg.string({ required: true, description: 'As the source gives it; case-sensitive.' }),
      site: t.arg.string({ description: 'Name of its site, where several have such a device.' }),
      country: t.arg.string({ description: 'Name of its country, where several have such a device.' }),
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
        'By name where no order is given. Decommissioned devices only where the filter asks for them.',
      args: {
        filter: t.arg({ type: DeviceFilterInput, description: 'Only the devices that it matches.' }),
        orderBy: t.arg({ type: DeviceOrderInput, description: 'Default: by name, ascending.' }),
      },
      resolve: (_root, { filter, orderBy, ...args }, { store, loaders }) => {
        const order = orderBy && { field: orderBy.field, direction: orderBy.direction ?? 'ASC' }
        const page = pageRequest(args)
        return new LazyConnection({
          fetchPage: async () => {
            const found = await store.devices.page({ filter, orderBy: order, page })
            loaders.device.learnRows(found.items)
            return found
          },
          countAll: () => store.devices.count(filter ?? undefined),
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

async function holdOf(device: DeviceRow, context: ApiContext) {
  const [site, country, hostKey] = await Promise.all([
    siteOf(device, context),
    countryOf(device, context),
    context.loaders.hostKey.load(device.id),
  ])
  return context.refreshes.holdOf({ ...device, site: site.name, country: country.name, hostKey })
}
