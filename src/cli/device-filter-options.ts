import { type Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../base/durations.ts'
import { RollcallError } from '../base/errors.ts'
import { DEVICE_LIFECYCLES } from '../inventory/record.ts'
import { PROBE_OUTCOMES, PROBE_PHASES } from '../netconf/outcome/outcome.ts'
import { choices } from './choice-options.ts'
import { several } from './options.ts'

/** The options by which a person selects devices. */
export interface DeviceFilterOptions {
  name?: string[]
  address?: string[]
  platform?: string[]
  vendor?: string[]
  model?: string[]
  osVersion?: string[]
  site?: string[]
  country?: string[]
  region?: string[]
  lifecycle?: string
  /** `--supported` and `--no-supported`; undefined if neither is given. */
  supported?: boolean
  outcome?: string[]
  phase?: string[]
  probedBefore?: string
  hasCapability?: string
  lacksCapability?: string
  hasModule?: string
  lacksModule?: string
  hostKeyChanged?: boolean
  /** `--held` and `--no-held`; undefined if neither is given. */
  held?: boolean
  filter?: object
}

const TEXTS = [
  ['name', 'the name'],
  ['address', 'the address'],
  ['platform', 'the platform'],
  ['vendor', 'the vendor'],
  ['model', 'the model'],
  ['os-version', 'the version of the operating system'],
  ['site', 'the name of the site'],
  ['country', 'the name of the country'],
  ['region', 'the region of the country'],
] as const

/** Adds an option for each field of the API's `DeviceFilter`. */
export function withDeviceFilter(command: Command): Command {
  for (const [name, what] of TEXTS)
    command.option(`--${name} <pattern>`, `${what}: text, start*, *part* (text several times)`, several)
  const others = [
    new Option('--lifecycle <state>', 'default: ACTIVE').choices(DEVICE_LIFECYCLES),
    new Option('--supported', 'those whose last probe ended in SUPPORTED'),
    new Option('--no-supported', 'those whose last probe did not'),
    choices('--outcome <name>', 'the outcome of the last probe (several times)', PROBE_OUTCOMES),
    choices('--phase <name>', 'the phase in which the last probe ended (several times)', PROBE_PHASES),
    new Option('--probed-before <time>', 'last probed before this time, or so long ago: 2h').argParser(
      instant,
    ),
    new Option('--has-capability <pattern>', 'the URI of a capability of the last session'),
    new Option('--lacks-capability <pattern>', 'the URI of a capability that the last session lacked'),
    new Option('--has-module <name[@date]>', 'a YANG module of the last session, of this revision or later'),
    new Option('--lacks-module <name[@date]>', 'a YANG module that the last session lacked'),
    new Option('--host-key-changed', 'those that showed another host key than the known one'),
    new Option('--held', 'those that something keeps from being probed'),
    new Option('--no-held', 'those that nothing keeps from being probed'),
  ]
  for (const option of others) command.addOption(option)
  return command.addOption(
    new Option('--filter <json>', 'a DeviceFilter of the API as JSON, with its `or` and `not`').argParser(
      jsonObject,
    ),
  )
}

/** Returns the `DeviceFilter` of these options. */
export function deviceFilterOf(options: DeviceFilterOptions): object {
  const { filter, supported, lifecycle, outcome, phase, probedBefore, hostKeyChanged, held } = options
  const country = defined({ name: textOf(options.country), region: textOf(options.region) })
  const site = defined({ name: textOf(options.site), country: nonEmpty(country) })
  const given = defined({
    name: textOf(options.name),
    address: textOf(options.address),
    platform: textOf(options.platform),
    vendor: textOf(options.vendor),
    model: textOf(options.model),
    osVersion: textOf(options.osVersion),
    lifecycle,
    netconfSupported: supported,
    outcome,
    phase,
    probedBefore,
    hostKeyChanged,
    held,
    hasCapability: capabilityOf(options.hasCapability, options.hasModule),
    lacksCapability: capabilityOf(options.lacksCapability, options.lacksModule),
    site: nonEmpty(site),
  })
  if (filter === undefined) return given
  if (Object.keys(given).length === 0) return filter
  throw new RollcallError('USAGE', '--filter stands alone; put the other conditions into it.')
}

function capabilityOf(uri: string | undefined, module: string | undefined): object | undefined {
  const [name, minRevision] = module?.split('@', 2) ?? []
  return nonEmpty(
    defined({ uri: uri && textOf([uri]), module: name && textOf([name]), minRevision: minRevision }),
  )
}

/** Returns a `StringFilter`: several plain texts, or one pattern. */
function textOf(patterns: readonly string[] | undefined): object | undefined {
  const [pattern, ...others] = patterns ?? []
  if (pattern === undefined) return undefined
  if (!patterns?.some((each) => each.includes('*'))) {
    return others.length === 0 ? { eq: pattern } : { in: patterns }
  }
  const inner = /^(\*?)([^*]+)\*$/.exec(pattern)
  if (inner === null || others.length > 0) {
    throw new RollcallError(
      'USAGE',
      'A pattern is start* or *part*, and there is one for each option; ' +
        `${JSON.stringify(patterns?.join(', '))} is not. Use --filter for others.`,
    )
  }
  return inner[1] === '' ? { startsWith: inner[2] } : { contains: inner[2] }
}

function instant(text: string): string {
  const agoMs = parseDuration(text)
  const at = agoMs === null ? Date.parse(text) : Date.now() - agoMs
  if (!Number.isNaN(at)) return new Date(at).toISOString()
  throw new InvalidArgumentError('Give a time such as 2026-05-03T23:00:00Z, or a duration such as 2h.')
}

function jsonObject(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // The error below covers this case, too.
  }
  throw new InvalidArgumentError('Give an object as JSON, such as {"name":{"startsWith":"fra"}}.')
}

function defined(fields: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function nonEmpty(fields: object): object | undefined {
  return Object.keys(fields).length > 0 ? fields : undefined
}
