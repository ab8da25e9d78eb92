import type { CapabilityFilter, CountryFilter, DeviceFilter, SiteFilter } from '../../store/query/filters.ts'
import { builder } from './builder.ts'
import { DeviceLifecycleEnum, ProbeOutcomeEnum } from './enums.ts'

const OR = 'Besides the other fields, one of these must match; an empty list matches nothing.'
const NOT = 'Matches what this filter does not.'
const NAME = 'As the source gives it.'

const StringFilterInput = builder.inputType('StringFilter', {
  description: 'Case-sensitive. All fields that are given must hold; there are no wildcards.',
  fields: (t) => ({
    eq: t.string({ description: 'Equal to this.' }),
    in: t.stringList({ description: 'Equal to one of these.' }),
    contains: t.string({ description: 'Contains this.' }),
    startsWith: t.string({ description: 'Begins with this.' }),
  }),
})

export const CountryFilterInput = builder.inputRef<CountryFilter>('CountryFilter')
CountryFilterInput.implement({
  description: 'All fields that are given must match.',
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
  description: 'All fields that are given must match.',
  fields: (t) => ({
    name: t.field({ type: StringFilterInput, description: NAME }),
    country: t.field({ type: CountryFilterInput, description: 'Of the country that the site is in.' }),
    or: t.field({ type: [SiteFilterInput], description: OR }),
    not: t.field({ type: SiteFilterInput, description: NOT }),
  }),
})

export const CapabilityFilterInput = builder.inputRef<CapabilityFilter>('CapabilityFilter')
CapabilityFilterInput.implement({
  description: 'All fields that are given must match one and the same capability.',
  fields: (t) => ({
    uri: t.field({ type: StringFilterInput, description: 'The URI as advertised, parameters included.' }),
    module: t.field({ type: StringFilterInput, description: 'Name of the YANG module: ietf-interfaces.' }),
    minRevision: t.string({ description: 'Revision at or after, YYYY-MM-DD.' }),
  }),
})

export const DeviceFilterInput = builder.inputRef<DeviceFilter>('DeviceFilter')
DeviceFilterInput.implement({
  description:
    'All fields that are given must match. Without `lifecycle` anywhere in it, only active devices match.',
  fields: (t) => ({
    name: t.field({ type: StringFilterInput, description: NAME }),
    address: t.field({ type: StringFilterInput, description: 'IPv4, IPv6 or host name, without the port.' }),
    platform: t.field({
      type: StringFilterInput,
      description: 'As the source gives it; a device without one matches nothing.',
    }),
    osVersion: t.field({ type: StringFilterInput, description: 'Of the facts that the device last gave.' }),
    lifecycle: t.field({
      type: DeviceLifecycleEnum,
      description: 'Where it is not given anywhere in the filter: ACTIVE.',
    }),
    netconfSupported: t.boolean({ description: 'False does not match what was never probed.' }),
    outcome: t.field({ type: [ProbeOutcomeEnum], description: 'Of the last probe: one of these.' }),
    probedBefore: t.field({
      type: 'DateTime',
      description: 'Devices whose last probe is older than this, or that were never probed.',
    }),
    hasCapability: t.field({ type: CapabilityFilterInput, description: 'Of the last opened session.' }),
    lacksCapability: t.field({
      type: CapabilityFilterInput,
      description: 'The last opened session offered no such capability.',
    }),
    site: t.field({ type: SiteFilterInput, description: 'Of the site that the device is at.' }),
    or: t.field({ type: [DeviceFilterInput], description: OR }),
    not: t.field({ type: DeviceFilterInput, description: NOT }),
  }),
})
