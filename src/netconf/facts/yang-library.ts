import { parseCapability } from '../protocol/capabilities.ts'
import type { Session } from '../protocol/session.ts'
import { childrenOf, descendantOf, leafValue, type XmlElement } from '../protocol/xml-element.ts'

const NAMESPACE = 'urn:ietf:params:xml:ns:yang:ietf-yang-library'
const CAPABILITY = 'urn:ietf:params:netconf:capability:yang-library:1.'
/** The revision of RFC 8525; earlier ones belong to RFC 7895. */
const MODULE_SETS_SINCE = '2019-01-04'

const MAX_MODULES = 10_000
const IDENTIFIER = /^[A-Za-z_][\w.-]{0,127}$/
const DATE = /^\d{4}-\d{2}-\d{2}$/
/** A query, white space or a fragment in the namespace would turn it into another capability. */
const MODULE_NAMESPACE = /^[^\s?#&]{1,1024}$/

/** Returns which of the two trees a server has; null if it advertises no YANG library. */
function treeIn(capabilities: readonly string[]): 'yang-library' | 'modules-state' | null {
  let tree: 'modules-state' | null = null
  for (const uri of capabilities) {
    if (!uri.startsWith(CAPABILITY) && !uri.startsWith(NAMESPACE)) continue
    const { namespace, revision } = parseCapability(uri)
    if (namespace === `${CAPABILITY}1`) return 'yang-library'
    if (namespace !== `${CAPABILITY}0` && namespace !== NAMESPACE) continue
    if (namespace === NAMESPACE && (revision ?? '') >= MODULE_SETS_SINCE) return 'yang-library'
    tree = 'modules-state'
  }
  return tree
}

/** Returns whether the server has a YANG library, which may list more modules than its hello. */
export function hasYangLibrary(capabilities: readonly string[]): boolean {
  return treeIn(capabilities) !== null
}

/**
 * Returns `capabilities` together with the further modules of the server's YANG library (RFC 7895, RFC 8525).
 * A hello does not list modules written for YANG 1.1 (RFC 7950 section 5.6.4). Resolves with null if the
 * library cannot be read, and adds the reason to `notes`. If the device never answers, the promise stays
 * pending.
 */
export async function withYangLibrary(
  session: Session,
  capabilities: readonly string[],
  notes: string[],
): Promise<string[] | null> {
  const tree = treeIn(capabilities)
  const filter = tree === 'yang-library' ? '<module-set/>' : '<module/>'
  const result = await session.rpc(
    `<get><filter type="subtree"><${tree} xmlns="${NAMESPACE}">${filter}</${tree}></filter></get>`,
  )
  if (!('reply' in result)) {
    const why = 'refusal' in result ? `it answered ${result.refusal}.` : result.lost
    notes.push(`The YANG library of the device was not read: ${why}`)
    return null
  }
  const modules = modulesIn(result.reply)
  if (modules.length === 0) {
    // RFC 8341 section 3.2.4: the server omits, without an error, what the user may not read.
    notes.push('The YANG library of the device was empty; check that the user may read it (NACM).')
    return null
  }
  const known = new Set(capabilities.map((uri) => moduleKey(parseCapability(uri))))
  const found = modules.flatMap((module) => {
    const uri = capabilityOf(module)
    return uri === null || known.has(moduleKey(parseCapability(uri))) ? [] : [uri]
  })
  return [...new Set([...capabilities, ...found.slice(0, MAX_MODULES)])].sort()
}

function moduleKey({ namespace, module }: { namespace: string; module: string | null }): string {
  return `${namespace} ${module ?? ''}`
}

/** Returns the modules that the server implements, without those that other modules only import. */
function modulesIn(reply: XmlElement): XmlElement[] {
  const trees = reply.children
    .filter(({ name }) => name === 'data')
    .flatMap(({ children }) => children)
    .filter(({ namespace }) => namespace === NAMESPACE)
  return trees.flatMap((tree) =>
    tree.name === 'yang-library'
      ? childrenOf(tree, 'module-set').flatMap((set) => childrenOf(set, 'module'))
      : childrenOf(tree, 'module').filter((module) => leafValue(module, 'conformance-type') !== 'import'),
  )
}

/**
 * Returns the capability by which a hello would list the module (RFC 6020 section 5.6.4); null if it is
 * invalid.
 */
function capabilityOf(module: XmlElement): string | null {
  const name = leafValue(module, 'name') ?? ''
  const namespace = descendantOf(module, 'namespace')?.text.trim() ?? ''
  if (!IDENTIFIER.test(name) || !MODULE_NAMESPACE.test(namespace)) return null
  const revision = leafValue(module, 'revision') ?? ''
  const features = childrenOf(module, 'feature').map((feature) => feature.text.trim())
  // In RFC 7895 a deviation contains a name element; in RFC 8525 the name is its text.
  const deviations = childrenOf(module, 'deviation').map(
    (deviation) => leafValue(deviation, 'name') ?? deviation.text.trim(),
  )
  return (
    `${namespace}?module=${name}` +
    (DATE.test(revision) ? `&revision=${revision}` : '') +
    list('features', features) +
    list('deviations', deviations)
  )
}

function list(name: string, values: readonly string[]): string {
  const named = values.filter((value) => IDENTIFIER.test(value))
  return named.length === 0 ? '' : `&${name}=${named.join(',')}`
}
