import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Pair,
  Scalar,
  type YAMLMap,
} from 'yaml'

/** Nodes that merge keys may add to a document, nested ones included. Each takes memory. */
const MAX_MERGED = 5_000_000

const SHOWN_LENGTH = 60

/** The offset in the text at which merging failed, and the reason. */
export interface MergeProblem {
  offset: number
  description: string
}

/**
 * Replaces the merge keys of a document (`<<: *base`, `<<: [*a, *b]`) by the pairs of the named mappings, as
 * YAML 1.1 defines it: keys of the mapping itself take precedence, then those of the mapping that is named
 * first. A quoted "<<" is an ordinary key. Returns null if it worked, else why not.
 *
 * The library can merge as well, but searches the whole document for each alias and does not bound the
 * result.
 */
export function mergeMaps(document: Document): MergeProblem | null {
  try {
    new MergeRun().visit(document.contents)
    return null
  } catch (thrown) {
    if (thrown instanceof MergeFailure) return thrown.problem
    throw thrown
  }
}

class MergeFailure extends Error {
  readonly problem: MergeProblem

  constructor(node: { range?: readonly number[] | null | undefined }, description: string) {
    super(description)
    this.problem = { offset: node.range?.[0] ?? 0, description }
  }
}

/** Visits a document in its order, in which anchors come before their aliases. */
class MergeRun {
  readonly #anchors = new Map<string, unknown>()
  /** The number of nodes in each mapping and list that was visited, nested ones included. */
  readonly #sizes = new Map<unknown, number>()
  #merged = 0

  /** Returns the size of the node. */
  visit(node: unknown): number {
    if (!isMap(node) && !isSeq(node)) return 1
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    let size = 1
    if (isMap(node)) expectOwnKeys(node)
    for (const item of node.items) {
      size += isPair(item) ? this.visit(item.key) + this.visit(item.value) : this.visit(item)
    }
    if (isMap(node) && node.items.some(isMerge)) size += this.#merge(node)
    this.#sizes.set(node, size)
    return size
  }

  /** Returns the number of nodes by which the mapping grows. */
  #merge(map: YAMLMap): number {
    const names = new Set(map.items.flatMap((pair) => (isMerge(pair) ? [] : [nameOf(pair.key)])))
    let added = 0
    map.items = map.items.flatMap((pair) => {
      if (!isMerge(pair)) return [pair]
      const sources = isSeq(pair.value) ? pair.value.items : [pair.value]
      return sources.flatMap((source) =>
        this.#pairsOf(source, pair).filter((merged) => {
          const name = nameOf(merged.key)
          if (names.has(name)) return false
          names.add(name)
          added += this.#sizeOf(merged)
          if (this.#merged + added > MAX_MERGED) throw new MergeFailure(pair.key, 'merge keys add too much')
          return true
        }),
      )
    })
    this.#merged += added
    return added
  }

  #pairsOf(source: unknown, { key }: MergePair): Pair[] {
    const map = isAlias(source) ? this.#anchored(source) : source
    if (isMap(map) && this.#sizes.has(map)) return map.items
    throw new MergeFailure(
      key,
      'a merge key (<<) needs a mapping, an alias of one that ends before it, or a list of these',
    )
  }

  #anchored(alias: Alias): unknown {
    return this.#anchors.get(alias.source)
  }

  #sizeOf({ key, value }: Pair): number {
    return (this.#sizes.get(key) ?? 1) + (this.#sizes.get(value) ?? 1)
  }
}

/**
 * Refuses keys that are lists, mappings or aliases, and repeated keys. The last of two equal keys would win,
 * and as texts such keys could equal another one.
 */
function expectOwnKeys({ items }: YAMLMap): void {
  const names = new Set<string>()
  let hasMerge = false
  for (const { key } of items) {
    if (isNode(key) && !isScalar(key)) {
      throw new MergeFailure(key, 'a key is a list, a mapping or an alias; write it as text')
    }
    const isRepeated = isMergeKey(key) ? hasMerge : names.has(nameOf(key))
    if (isRepeated) {
      const shown = JSON.stringify(nameOf(key).slice(0, SHOWN_LENGTH))
      throw new MergeFailure(
        isScalar(key) ? key : {},
        `the key ${shown} is there already; remove one of them`,
      )
    }
    if (isMergeKey(key)) hasMerge = true
    else names.add(nameOf(key))
  }
}

type MergePair = Pair<Scalar>

function isMerge(pair: Pair): pair is MergePair {
  return isMergeKey(pair.key)
}

function isMergeKey(key: unknown): key is Scalar {
  return isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<'
}

/**
 * Returns the property that a key becomes in an object: null becomes the empty text; 1 and "1" are the same.
 */
export function nameOf(key: unknown): string {
  const value = isScalar(key) ? key.value : null
  return value === null || value === undefined ? '' : String(value)
}
