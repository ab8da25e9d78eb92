import type { CapabilityFilter, ChangeFilter, CountryFilter, SiteFilter } from '../../store/query/filters.ts'
import { type ClientFilter, MAX_FILTER_IDS } from '../limits/client-filter.ts'
import { builder } from './builder.ts'
import { ChangeActionEnum, DeviceLifecycleEnum, ProbeOutcomeEnum, ProbePhaseEnum } from './enums.ts'

const OR =
  'At least one of these filters must match, in addition to the other fields. An empty list matches nothing.'
const NOT = 'This filter must not match.'
const NAME = 'The name as the source gives it.'

const StringFilterInput = builder.inputType('StringFilter', {
  description: 'A case-sensitive condition on a text, without wildcards. All given fields must hold.',
  fields: (t) => ({
    eq: t.string({ description: 'Equal to this.' }),
    in: t.stringList({ description: 'Equal to one of these.' }),
    contains: t.string({ description: 'Contains this.' }),
    startsWith: t.string({ description: 'Begins with this.' }),
  }),
})

export const CountryFilterInput = builder.inputRef<CountryFilter>('CountryFilter')
CountryFilterInput.implement({
  description: 'All given fields must match.',
  fields: (t) => ({
    name: t.field({ type: StringFilterInput, description: NAME }),
    region: t.field({
      type: StringFilterInput,
      description: "The operator's own grouping, for example EMEA.",
    }),
    or: t.field({ type: [CountryFilterInput], description: OR }),
    not: t.field({ type: CountryFilterInput, description: NOT }),
  }),
})

export const SiteFilterInput = builder.inputRef<SiteFilter>('SiteFilter')
SiteFilterInput.implement({
  description: 'All given fields must match.',
  fields: (t) => ({
    name: t.field({ type: StringFilterInput, description: NAME }),
    country: t.field({ type: CountryFilterInput, description: 'The country of the site must match.' }),
    or: t.field({ type: [SiteFilterInput], description: OR }),
    not: t.field({ type: SiteFilterInput, description: NOT }),
  }),
})

export const CapabilityFilterInput = builder.inputRef<CapabilityFilter>('CapabilityFilter')
CapabilityFilterInput.implement({
  description: 'All given fields must match the same capability.',
  fields: (t) => ({
    uri: t.field({ type: StringFilterInput, description: 'The URI as advertised, parameters included.' }),
    module: t.field({ type: StringFilterInput, description: 'Name of the YANG module: ietf-interfaces.' }),
    minRevision: t.string({ description: 'The earliest revision, YYYY-MM-DD.' }),
  }),
})

export const DeviceFilterInput = builder.inputRef<ClientFilter>('DeviceFilter')
DeviceFilterInput.implement({
  description:
    'All given fields must match. Unless `lifecycle` is given somewhere in the filter, only active ' +
    'devices match.',
  fields: (t) => ({
    ids: t.idList({
      description:
        `One of these devices; at most ${MAX_FILTER_IDS} ids. Inside \`not\`, it leaves devices out of ` +
        'those that match.',
    }),
    name: t.field({ type: StringFilterInput, description: NAME }),
    address: t.field({ type: StringFilterInput, description: 'IPv4, IPv6 or host name, without the port.' }),
    platform: t.field({
      type: StringFilterInput,
      description: 'The platform as the source gives it. A device without a platform matches no condition.',
    }),
    osVersion: t.field({
      type: StringFilterInput,
      description: 'The version of the operating system in the facts that were last read.',
    }),
    lifecycle: t.field({
      type: DeviceLifecycleEnum,
      description: 'Default: ACTIVE, unless it is given elsewhere in the filter.',
    }),
    netconfSupported: t.boolean({
      description:
        'Whether the last probe ended in SUPPORTED. Devices that were never probed match neither true ' +
        'nor false.',
    }),
    outcome: t.field({
      type: [ProbeOutcomeEnum],
      description: 'The last probe ended in one of these outcomes.',
    }),
    phase: t.field({
      type: [ProbePhaseEnum],
      description: 'The last probe ended in one of these phases.',
    }),
    vendor: t.field({ type: StringFilterInput, description: 'The vendor in the facts that were last read.' }),
    model: t.field({ type: StringFilterInput, description: 'The model in the facts that were last read.' }),
    hostKeyChanged: t.boolean({
      description: 'Whether the device last showed another host key than the one it is known by.',
    }),
    held: t.boolean({
      description: 'Whether something keeps the device from being probed at present; see `Device.probeHold`.',
    }),
    probedBefore: t.field({
      type: 'DateTime',
      description: 'Devices whose last probe is older than this, or that were never probed.',
    }),
    hasCapability: t.field({
      type: CapabilityFilterInput,
      description: 'The last opened session offered such a capability.',
    }),
    lacksCapability: t.field({
      type: CapabilityFilterInput,
      description: 'The last opened session offered no such capability.',
    }),
    site: t.field({ type: SiteFilterInput, description: 'The site of the device must match.' }),
    or: t.field({ type: [DeviceFilterInput], description: OR }),
    not: t.field({ type: DeviceFilterInput, description: NOT }),
  }),
})

export const ChangeFilterInput = builder.inputRef<ChangeFilter>('ChangeFilter')
ChangeFilterInput.implement({
  description: 'All given fields must match.',
  fields: (t) => ({
    action: t.field({ type: [ChangeActionEnum], description: 'One of these kinds of changes.' }),
    actor: t.field({ type: StringFilterInput, description: 'Who made the change; see `Change.actor`.' }),
    since: t.field({ type: 'DateTime', description: 'Applied at this time or later.' }),
    until: t.field({ type: 'DateTime', description: 'Applied before this time.' }),
    name: t.field({
      type: StringFilterInput,
      description: 'The name of the device as it is now. Decommissioned devices match as well.',
    }),
    site: t.field({ type: SiteFilterInput, description: 'The site of the device as it is now.' }),
    or: t.field({ type: [ChangeFilterInput], description: OR }),
    not: t.field({ type: ChangeFilterInput, description: NOT }),
  }),
})
