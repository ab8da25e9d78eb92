import { type FieldNode, type GraphQLResolveInfo, Kind } from 'graphql'

/** The part of the info of a resolver that tells what is selected. */
export type SelectionInfo = Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>

type Fragments = GraphQLResolveInfo['fragments']

/**
 * The columns that each field of a type needs, besides those that are always read. A field that leads to such
 * a type, as the nodes of a page do, has the same for the fields of its own type.
 */
export interface FieldColumns<C extends string> {
  readonly [field: string]: readonly C[] | FieldColumns<C>
}

/** Tells which columns of a table a field needs, so that the others are not read. */
export class SelectedColumns<C extends string> {
  readonly #fields: FieldColumns<C>
  /** The columns of a field node, which thousands of parents share. */
  readonly #known = new WeakMap<FieldNode, readonly C[] | null>()

  /** @param fields for the type of the field; a field that is not listed needs all columns */
  constructor(fields: FieldColumns<C>) {
    this.#fields = fields
  }

  /** Returns the columns that the selected fields need; null for all columns. */
  of({ fieldNodes, fragments }: SelectionInfo): readonly C[] | null {
    const [node] = fieldNodes
    if (!node || fieldNodes.length > 1) return this.#columnsOf(fieldNodes, fragments)
    let columns = this.#known.get(node)
    if (columns === undefined) {
      columns = this.#columnsOf(fieldNodes, fragments)
      this.#known.set(node, columns)
    }
    return columns
  }

  #columnsOf(nodes: readonly FieldNode[], fragments: Fragments): readonly C[] | null {
    const columns = new Set<C>()
    const waiting = [{ nodes, fields: this.#fields }]
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      for (const node of selectedFields(next.nodes, fragments)) {
        const needed = next.fields[node.name.value]
        if (!needed) return null
        if (!isList(needed)) waiting.push({ nodes: [node], fields: needed })
        else for (const column of needed) columns.add(column)
      }
    }
    return [...columns]
  }
}

/**
 * Yields the fields that are selected within these nodes, in any order.
 *
 * @param options.surely leaves out those that a directive may skip. Default: false
 */
export function* selectedFields(
  nodes: readonly FieldNode[],
  fragments: Fragments,
  { surely = false } = {},
): Generator<FieldNode> {
  const waiting = nodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? [])
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (surely && next.directives && next.directives.length > 0) continue
    if (next.kind === Kind.FIELD) yield next
    else if (next.kind === Kind.INLINE_FRAGMENT) waiting.push(...next.selectionSet.selections)
    else waiting.push(...(fragments[next.name.value]?.selectionSet.selections ?? []))
  }
}

function isList<C extends string>(needed: readonly C[] | FieldColumns<C>): needed is readonly C[] {
  return Array.isArray(needed)
}
