/** One capability of a hello (RFC 6241 section 8.1) with its parameters parsed (RFC 6020 section 5.6.4). */
export interface Capability {
  /** The URI as advertised, with its parameters, trimmed. */
  uri: string
  /** The URI without its query part. */
  namespace: string
  module: string | null
  revision: string | null
  features: string[]
  deviations: string[]
}

/**
 * A capability that a device must offer. A `uri` without a query requires its namespace. One with a query
 * also requires each of its parameters: a list (`features=a,b`) may contain more, and a revision may be
 * later. A protocol version (`urn:ietf:params:netconf:base:1.1`) is compared without its parameters.
 */
export type CapabilityRequirement =
  | { uri: string }
  | {
      module: string
      /** YYYY-MM-DD. A module without a revision does not meet it. */
      minRevision?: string | undefined
      features?: readonly string[] | undefined
    }

type Parameters = ReadonlyMap<string, readonly string[]>

interface SplitUri {
  namespace: string
  parameters: Parameters
}

/**
 * Matches a protocol version among capability URIs. Parameters do not count (RFC 6241 section 8.1), nor does
 * the case of letters (RFC 2648 section 2).
 */
const PROTOCOL_VERSION = /^urn:ietf:params:netconf:base:1\.([01])\s*(?:[?#]|$)/i
/** The name of base:1.0 in early drafts, which some servers still use. */
const BASE_1_0_AS_NAMESPACE = /^urn:ietf:params:xml:ns:netconf:base:1\.0\s*(?:[?#]|$)/i
/** With this parameter, the namespace means the YANG module ietf-netconf. */
const MODULE_PARAMETER = /[?&;]\s*module\s*=/

export function parseCapability(uri: string): Capability {
  const trimmed = uri.trim()
  const { namespace, parameters } = split(trimmed)
  return {
    uri: trimmed,
    namespace,
    module: parameters.get('module')?.[0] ?? null,
    revision: parameters.get('revision')?.[0] ?? null,
    features: [...(parameters.get('features') ?? [])],
    deviations: [...(parameters.get('deviations') ?? [])],
  }
}

/**
 * Returns the protocol versions that a list of capabilities offers (RFC 6241 section 8.1, RFC 6242 section
 * 4.1).
 */
export function offeredBases(uris: readonly string[]): { base10: boolean; base11: boolean } {
  const versions = new Set(uris.map(protocolVersion))
  return { base10: versions.has('1.0'), base11: versions.has('1.1') }
}

function protocolVersion(uri: string): '1.0' | '1.1' | null {
  const name = uri.trim()
  const digit = PROTOCOL_VERSION.exec(name)?.[1]
  if (digit !== undefined) return digit === '0' ? '1.0' : '1.1'
  return BASE_1_0_AS_NAMESPACE.test(name) && !MODULE_PARAMETER.test(name) ? '1.0' : null
}

/** Returns whether a capability has that namespace, with any parameters. */
export function hasNamespace(uri: string, namespace: string): boolean {
  return uri.startsWith(namespace) && /^\s*(?:\?|$)/.test(uri.slice(namespace.length))
}

/** Returns the required capabilities that are not among `uris`, each described by `describeRequirement`. */
export function missingCapabilities(
  required: readonly CapabilityRequirement[],
  uris: readonly string[],
): string[] {
  if (required.length === 0) return []
  const offered = uris.map((uri) => uri.trim())
  return required
    .filter((requirement) => !offered.some(meets(requirement)))
    .map((requirement) => describeRequirement(requirement))
}

/** Describes a requirement for a person: `ietf-interfaces@2014-05-08 or later with if-mib`. */
export function describeRequirement(requirement: CapabilityRequirement): string {
  if ('uri' in requirement) return requirement.uri.trim()
  const { module, minRevision, features = [] } = requirement
  const revision = minRevision === undefined ? '' : `@${minRevision} or later`
  return `${module}${revision}${features.length > 0 ? ` with ${features.join(', ')}` : ''}`
}

function meets(requirement: CapabilityRequirement): (uri: string) => boolean {
  const ofUri = 'uri' in requirement
  const version = ofUri ? protocolVersion(requirement.uri) : null
  if (version !== null) return (uri) => protocolVersion(uri) === version
  const { namespace, parameters } = ofUri ? split(requirement.uri.trim()) : ofModule(requirement)
  const wanted = [...parameters]
  // A hello may have thousands of URIs. Nearly all are ruled out without being parsed.
  const mayMeet = ofUri
    ? (uri: string) => hasNamespace(uri, namespace)
    : (uri: string) => uri.includes(requirement.module) || uri.includes('%')
  return (uri) => {
    if (!mayMeet(uri)) return false
    const offered = split(uri).parameters
    return wanted.every(([name, values]) => isOffered(offered.get(name) ?? [], name, values))
  }
}

function isOffered(found: readonly string[], name: string, wanted: readonly string[]): boolean {
  if (name === 'revision') return found.some((revision) => revision >= (wanted[0] ?? ''))
  return wanted.every((value) => found.includes(value))
}

/** Returns the parameters that a required module must have, in any namespace. */
function ofModule(requirement: Exclude<CapabilityRequirement, { uri: string }>): SplitUri {
  const parameters = new Map<string, readonly string[]>([['module', [requirement.module]]])
  if (requirement.minRevision !== undefined) parameters.set('revision', [requirement.minRevision])
  if (requirement.features !== undefined) parameters.set('features', requirement.features)
  return { namespace: '', parameters }
}

const NO_PARAMETERS: Parameters = new Map()

function split(uri: string): SplitUri {
  const query = uri.indexOf('?')
  if (query === -1) return { namespace: uri, parameters: NO_PARAMETERS }
  const parameters = new Map<string, readonly string[]>()
  // Some servers escape twice, so that `&amp;` remains after the XML was parsed.
  for (const part of uri.slice(query + 1).split(/&(?:amp;)?/)) {
    const equals = part.indexOf('=')
    if (equals === -1) continue
    const name = part.slice(0, equals).trim()
    const values = part
      .slice(equals + 1)
      .split(',')
      .map((value) => percentDecoded(value).trim())
      .filter((value) => value !== '')
    if (!parameters.has(name)) parameters.set(name, values)
  }
  return { namespace: uri.slice(0, query).trim(), parameters }
}

function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    // With a stray percent sign, the text is taken as it is.
    return text
  }
}
