import type { CapabilityFilter, DeviceFilter, ProbeOutcome, ProbePhase } from '../api/generated.ts'
import {
  before,
  type FilterKey,
  FilterLanguage,
  names,
  oneOf,
  PLACE_KEYS,
  plain,
  texts,
} from './filter-text.ts'

/** The outcome of a device that was never probed. */
const NEVER_PROBED = 'NONE'

const OUTCOMES: readonly ProbeOutcome[] = [
  'SUPPORTED',
  'MISSING_CAPABILITIES',
  'AUTH_FAILED',
  'HOST_KEY_CHANGED',
  'NO_NETCONF',
  'PROTOCOL_ERROR',
  'SSH_FAILED',
  'TIMEOUT',
  'CONNECTION_REFUSED',
  'UNREACHABLE',
  'DNS_FAILED',
  'CONNECTION_LOST',
  'SKIPPED',
  'CANCELLED',
]

/** The phases of a probe, in order. */
export const PHASES: readonly ProbePhase[] = [
  'RESOLVE',
  'CONNECT',
  'KEY_EXCHANGE',
  'AUTHENTICATE',
  'SUBSYSTEM',
  'HELLO',
  'FACTS',
  'CLOSE',
]

const inLowerCase = (values: readonly string[]) => values.map((value) => value.toLowerCase())

const KEYS: readonly FilterKey<DeviceFilter>[] = [
  { key: 'name', meaning: (value) => names(value, (name) => ({ name })) },
  {
    key: 'outcome',
    title: 'Outcome',
    values: [...inLowerCase(OUTCOMES), 'none'],
    meaning(value) {
      const given = oneOf(value, [...OUTCOMES, NEVER_PROBED])
      if (!given) return `one of none, ${inLowerCase(OUTCOMES).join(', ')}`
      const outcomes = given.filter((each) => each !== NEVER_PROBED)
      if (outcomes.length === given.length) return { outcome: outcomes }
      const never = { probedBefore: new Date(0).toISOString() }
      return outcomes.length === 0 ? never : { or: [never, { outcome: outcomes }] }
    },
  },
  {
    key: 'phase',
    title: 'Phase',
    values: inLowerCase(PHASES),
    meaning(value) {
      const phase = oneOf(value, PHASES)
      return phase ? { phase } : `one of ${inLowerCase(PHASES).join(', ')}`
    },
  },
  ...PLACE_KEYS,
  {
    key: 'platform',
    title: 'Platform',
    values: 'PLATFORM',
    meaning: (value) => texts(value, (platform) => ({ platform })),
  },
  {
    key: 'vendor',
    title: 'Vendor',
    values: 'VENDOR',
    meaning: (value) => texts(value, (vendor) => ({ vendor })),
  },
  {
    key: 'model',
    title: 'Model',
    values: 'MODEL',
    meaning: (value) => texts(value, (model) => ({ model })),
  },
  {
    key: 'os',
    title: 'OS version',
    values: 'OS_VERSION',
    meaning: (value) => texts(value, (osVersion) => ({ osVersion })),
  },
  {
    key: 'capability',
    title: 'Capability',
    meaning: (value) => ({ hasCapability: capability(plain(value)) }),
  },
  {
    key: 'lacks',
    title: 'Missing capability',
    meaning: (value) => ({ lacksCapability: capability(plain(value)) }),
  },
  {
    key: 'stale',
    title: 'Not probed since',
    values: ['2h', '6h', '1d', '7d'],
    meaning(value) {
      const probedBefore = before(value)
      return probedBefore ? { probedBefore } : 'an age such as 6h or 2d'
    },
  },
  {
    key: 'held',
    title: 'Held back',
    values: ['yes', 'no'],
    meaning: (value) => (value === 'yes' || value === 'no' ? { held: value === 'yes' } : 'yes or no'),
  },
  {
    key: 'key',
    title: 'Host key',
    values: ['changed'],
    meaning: (value) => (value === 'changed' ? { hostKeyChanged: true } : 'the value changed'),
  },
  { key: 'address', title: 'Address', meaning: (value) => texts(value, (address) => ({ address })) },
  {
    key: 'lifecycle',
    title: 'Lifecycle',
    values: ['active', 'decommissioned'],
    meaning: (value) =>
      value === 'decommissioned' || value === 'active'
        ? { lifecycle: value === 'active' ? 'ACTIVE' : 'DECOMMISSIONED' }
        : 'active or decommissioned',
  },
]

/** The filter of the table of devices. */
export const DEVICE_FILTER = new FilterLanguage<DeviceFilter>(KEYS)

function capability(value: string): CapabilityFilter {
  const [module = '', revision] = value.split('@')
  const condition = module.includes(':') ? { uri: { startsWith: module } } : { uri: { contains: module } }
  return revision ? { module: { eq: module }, minRevision: revision } : condition
}
