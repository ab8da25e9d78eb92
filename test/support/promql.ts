import { parser } from '@prometheus-io/lezer-promql'

/** What a PromQL expression takes from the database of Prometheus. */
export interface UsedMetrics {
  /** The labels that are matched, by the name of the metric or the recording rule. */
  selectors: { metric: string; labels: string[] }[]
  /** The labels of `by`, `without`, `on` and `ignoring`. */
  grouping: string[]
}

/** Reads an expression. Throws if it is no PromQL. */
export function usedMetrics(expression: string): UsedMetrics {
  const selectors: UsedMetrics['selectors'] = []
  const grouping: string[] = []
  const tree = parser.parse(expression)
  tree.iterate({
    enter({ name, type, from, to, node }) {
      if (type.isError) throw new Error(`This is no PromQL at ${from}: ${expression}`)
      const textOf = (part: { from: number; to: number }) => expression.slice(part.from, part.to)
      if (name === 'VectorSelector') {
        const metric = node.getChild('Identifier')
        if (metric === null) throw new Error(`A selector without a name: ${textOf({ from, to })}`)
        selectors.push({ metric: textOf(metric), labels: [] })
      } else if (name === 'LabelName') {
        if (node.parent?.name === 'GroupingLabels') grouping.push(textOf(node))
        else selectors.at(-1)?.labels.push(textOf(node))
      }
    },
  })
  return { selectors, grouping }
}
