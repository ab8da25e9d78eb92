import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionNode } from 'graphql'

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
  of({ fieldNodes, fragments }: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>): readonly C[] | null {
    const [node] = fieldNodes
    if (!node || fieldNodes.length > 1) return this.#columnsOf(fieldNodes, fragments)
    let columns = this.#known.get(node)
    if (columns === undefined) {
      columns = this.#columnsOf(fieldNodes, fragments)
      this.#known.set(node, columns)
    }
    return columns
  }

  #columnsOf(nodes: readonly FieldNode[], fragments: GraphQLResolveInfo['fragments']): readonly C[] | null {
    const columns = new Set<C>()
    const waiting: [SelectionNode, FieldColumns<C>][] = []
    const wait = ({ selectionSet }: Pick<FieldNode, 'selectionSet'>, fields: FieldColumns<C>) => {
      for (const selection of selectionSet?.selections ?? []) waiting.push([selection, fields])
    }
    for (const node of nodes) wait(node, this.#fields)
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const [selection, fields] = next
      if (selection.kind === Kind.INLINE_FRAGMENT) wait(selection, fields)
      else if (selection.kind === Kind.FRAGMENT_SPREAD) wait(fragments[selection.name.value] ?? {}, fields)
      else {
        const needed = fields[selection.name.value]
        if (!needed) return null
        if (!isList(needed)) wait(selection, needed)
        else for (const column of needed) columns.add(column)
      }
    }
    return [...columns]
  }
}

function isList<C extends string>(needed: readonly C[] | FieldColumns<C>): needed is readonly C[] {
  return Array.isArray(needed)
}
