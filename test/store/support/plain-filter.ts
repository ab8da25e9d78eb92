import { CredentialChoice } from '../../../src/refresh/probe-tasks.ts'
import type {
  CapabilityFilter,
  CountryFilter,
  DeviceFilter,
  HoldConditions,
  SiteFilter,
  StringFilter,
} from '../../../src/store/query/filters.ts'
import type { PlainDevice } from './plain-fleet.ts'

// What filters mean, in plain JavaScript: what their SQL is held against.

type Country = PlainDevice['site']['country']
type Capability = NonNullable<PlainDevice['capabilities']>[number]

export function matchesDevice(device: PlainDevice, filter: DeviceFilter): boolean {
  const isImplied = !namesLifecycle(filter)
  return (!isImplied || device.lifecycle === 'ACTIVE') && fits(device, filter)
}

function namesLifecycle({ lifecycle, or, not }: DeviceFilter): boolean {
  return Boolean(lifecycle) || (or ?? []).some(namesLifecycle) || (not ? namesLifecycle(not) : false)
}

function fits(device: PlainDevice, filter: DeviceFilter): boolean {
  const { ids, name, address, platform, vendor, model, osVersion, lifecycle, netconfSupported } = filter
  const { outcome, phase, hostKeyChanged, held, holds, probedBefore } = filter
  const { hasCapability, lacksCapability, site, or, not } = filter
  const { capabilities } = device
  return (
    (ids == null || ids.includes(device.id)) &&
    isText(device.name, name) &&
    isText(device.address, address) &&
    isText(device.platform, platform) &&
    isText(device.vendor, vendor) &&
    isText(device.model, model) &&
    isText(device.osVersion, osVersion) &&
    (lifecycle == null || device.lifecycle === lifecycle) &&
    (netconfSupported == null ||
      (device.outcome !== null && (device.outcome === 'SUPPORTED') === netconfSupported)) &&
    (outcome == null || (device.outcome !== null && outcome.includes(device.outcome))) &&
    (phase == null || (device.phase !== null && phase.includes(device.phase))) &&
    (hostKeyChanged == null || (device.keyChanged === true) === hostKeyChanged) &&
    (held == null || (holds != null && isHeld(device, holds)) === held) &&
    (probedBefore == null || device.probedAt === null || device.probedAt < probedBefore) &&
    (hasCapability == null || (capabilities ?? []).some((each) => isCapability(each, hasCapability))) &&
    (lacksCapability == null ||
      (capabilities !== null && !capabilities.some((each) => isCapability(each, lacksCapability)))) &&
    (site == null || matchesSite(device.site, site)) &&
    (or == null || or.some((part) => fits(device, part))) &&
    (not == null || !fits(device, not))
  )
}

function isHeld(device: PlainDevice, holds: HoldConditions): boolean {
  const names = { ...device, site: device.site.name, country: device.site.country.name }
  const chosen = new CredentialChoice(holds.credentials).for(names)
  const leftMs = (device.backOffUntil ?? 0) - holds.at
  return (
    device.lifecycle !== 'ACTIVE' ||
    (holds.checksHostKeys && device.keyChanged === true) ||
    chosen?.isUsable !== true ||
    (leftMs > 0 && leftMs <= holds.intervalMs)
  )
}

export function matchesSite(given: PlainDevice['site'], { name, country, or, not }: SiteFilter): boolean {
  return (
    isText(given.name, name) &&
    (country == null || matchesCountry(given.country, country)) &&
    (or == null || or.some((part) => matchesSite(given, part))) &&
    (not == null || !matchesSite(given, not))
  )
}

export function matchesCountry(given: Country, { name, region, or, not }: CountryFilter): boolean {
  return (
    isText(given.name, name) &&
    isText(given.region, region) &&
    (or == null || or.some((part) => matchesCountry(given, part))) &&
    (not == null || !matchesCountry(given, not))
  )
}

function isCapability(given: Capability, { uri, module, minRevision }: CapabilityFilter): boolean {
  return (
    isText(given.uri, uri) &&
    isText(given.module, module) &&
    (minRevision == null || (given.revision !== null && given.revision >= minRevision))
  )
}

function isText(value: string | null, filter: StringFilter | null | undefined): boolean {
  const { eq, in: list, contains, startsWith } = filter ?? {}
  if (eq == null && list == null && contains == null && startsWith == null) return true
  if (value === null) return false
  return (
    (eq == null || value === eq) &&
    (list == null || list.includes(value)) &&
    (contains == null || value.includes(contains)) &&
    (startsWith == null || value.startsWith(startsWith))
  )
}
