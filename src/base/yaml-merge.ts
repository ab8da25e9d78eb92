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

/** Pairs that merge keys may add to a document, together with what stands within these: each takes memory. */
const MAX_MERGED = 5_000_000

/** Where merging failed, as an offset in the text, and why. */
export interface MergeProblem {
  offset: number
  description: string
}

/**
 * Replaces the merge keys of a document (`<<: *base`, `<<: [*a, *b]`) by the pairs that they stand for, as the merge type
 * of YAML 1.1 has it: keys of the mapping itself win, then those of the mapping that is named first. A quoted "<<" is a
 * key like any other. Returns why it could not be done; null if it was.
 *
 * The library can merge as well, but looks through the whole document for each alias and sets no bound on the result.
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

/** Goes through a document in its order, in which anchors come before their aliases. */
class MergeRun {
  readonly #anchors = new Map<string, unknown>()
  /** How many nodes each mapping and list that is complete holds, with all that stands within it. */
  readonly #sizes = new Map<unknown, number>()
  #merged = 0

  /** Returns the size of the node. */
  visit(node: unknown): number {
    if (!isMap(node) && !isSeq(node)) return 1
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, node)
    let size = 1
    for (const item of node.items) {
      if (isPair(item)) expectTextKey(item)
      size += isPair(item) ? this.visit(item.key) + this.visit(item.value) : this.visit(item)
    }
    if (isMap(node) && node.items.some(isMerge)) size += this.#merge(node)
    this.#sizes.set(node, size)
    return size
  }

  /** Returns how much larger the mapping becomes. */
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

/** A list, a mapping or an alias as a key would become a text, which another key may have: the last one would win. */
function expectTextKey({ key }: Pair): void {
  if (key === null || isScalar(key) || !isNode(key)) return
  throw new MergeFailure(key, 'a key is a list, a mapping or an alias; write it as text')
}

type MergePair = Pair<Scalar>

function isMerge(pair: Pair): pair is MergePair {
  return isMergeKey(pair.key)
}

function isMergeKey(key: unknown): key is Scalar {
  return isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<'
}

/** Tells whether a mapping may have only one of two keys: a merge key may stand beside one that is called so. */
export function isSameKey(one: unknown, other: unknown): boolean {
  if (one === other) return true
  return (
    isScalar(one) && isScalar(other) && nameOf(one) === nameOf(other) && isMergeKey(one) === isMergeKey(other)
  )
}

/** The name under which an object has the value of a key: null is the empty text, 1 and "1" are one. */
function nameOf(key: unknown): string {
  const value = isScalar(key) ? key.value : null
  return value === null || value === undefined ? '' : String(value)
}
