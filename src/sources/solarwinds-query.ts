import type { FieldNames } from '../inventory/check-record.ts'

/** One page of nodes, as SWIS takes it. */
export interface SwisQuery {
  query: string
  parameters: Record<string, string>
}

export interface NodesQueryOptions {
  /** The columns of Orion.Nodes for our fields; the configuration lets only paths of names through. */
  fields: FieldNames
  /** Values of columns, any of which a node must have. */
  filter: Readonly<Record<string, readonly string[]>>
}

/** The alias under which a row has the number by which pages are ordered. */
export const NODE_ID = 'NodeNumber'

/**
 * Rows `first` to `last`, counted from 1, of the nodes in the order of their numbers. Columns have aliases, `Field0` for
 * the first of `columns` and so on: what SWIS would call `CustomProperties.Site` is not said anywhere.
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
