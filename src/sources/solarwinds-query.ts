import type { FieldNames } from '../inventory/check-record.ts'

/** The query for one page of nodes. */
export interface SwisQuery {
  query: string
  parameters: Record<string, string>
}

export interface NodesQueryOptions {
  /** The columns of Orion.Nodes for our fields. The configuration accepts only paths of names. */
  fields: FieldNames
  /** The accepted values of columns: a node must have one of them in each. */
  filter: Readonly<Record<string, readonly string[]>>
}

/** The alias of the node number, by which pages are ordered. */
export const NODE_ID = 'NodeNumber'

/**
 * Returns the query for the nodes `first` to `last`, counted from 1, in the order of their numbers. The
 * columns get the aliases `Field0`, `Field1` and so on, because the name that SWIS would give to
 * `CustomProperties.Site` is not documented. /
 */
export function nodesQuery(
  columns: readonly string[],
  filter: NodesQueryOptions['filter'],
  { first, last }: { first: number; last: number },
): SwisQuery {
  const parameters: Record<string, string> = {}
  const conditions = Object.entries(filter).map(([column, values]) => {
    const alternatives = values.map((value) => {
      const name = `p${Object.keys(parameters).length}`
      parameters[name] = value
      return `n.${column} = @${name}`
    })
    return `(${alternatives.join(' OR ')})`
  })
  const selected = [
    `n.NodeID AS ${NODE_ID}`,
    ...columns.map((column, index) => `n.${column} AS ${aliasOf(index)}`),
  ]
  const query = [
    `SELECT ${selected.join(', ')} FROM Orion.Nodes n`,
    ...(conditions.length > 0 ? [`WHERE ${conditions.join(' AND ')}`] : []),
    `ORDER BY n.NodeID WITH ROWS ${first} TO ${last} WITH TOTALROWS`,
  ].join(' ')
  return { query, parameters }
}

export function aliasOf(index: number): string {
  return `Field${index}`
}
