import type { ApiClient } from './api-client.ts'

/** A sync plan as the API gives it. Times are RFC 3339. */
export interface Plan {
  id: string
  source: string
  state: string
  reason: string | null
  created: number
  updated: number
  moved: number
  decommissioned: number
  unchanged: number
  rejectedRecords: { position: number; record: string; reason: string }[]
  warnings: string[]
  plannedAt: string
  decidedAt: string | null
  decidedBy: string | null
}

/** One change of a plan. */
export interface PlanChange {
  action: 'CREATED' | 'UPDATED' | 'DECOMMISSIONED' | 'RESTORED'
  name: string
  site: string
  country: string
  fields: { field: string; before: string | null; after: string | null }[]
}

/** A plan with all its changes, and the reasons of its rejected records, the most frequent one first. */
export interface WholePlan extends Plan {
  rejectedReasons: { reason: string; count: number }[]
  changes: PlanChange[]
}

export const PLAN_FIELDS = `id source state reason created updated moved decommissioned unchanged
  rejectedRecords { position record reason } warnings plannedAt decidedAt decidedBy`

interface Page {
  nodes: PlanChange[]
  pageInfo: { hasNextPage: boolean; endCursor: string | null }
}

/** Reads a plan; null if there is none with this id. */
export async function readPlan({ ask }: ApiClient, id: string): Promise<WholePlan | null> {
  const { node } = await ask<{ node: Partial<Plan> | null }>(
    `query ($id: ID!) { node(id: $id) { ... on SyncPlan { ${PLAN_FIELDS} } } }`,
    { id },
  )
  if (node?.id === undefined) return null
  const plan = node as Plan
  const changes: PlanChange[] = []
  for (let after: string | null = null; ; ) {
    const page: { node: { changes: Page } } = await ask(
      `query ($id: ID!, $after: String) { node(id: $id) { ... on SyncPlan {
        changes(first: 1000, after: $after) {
        nodes { action name site country fields { field before after } }
        pageInfo { hasNextPage endCursor }
      } } } }`,
      { id, after },
    )
    const { nodes, pageInfo } = page.node.changes
    changes.push(...nodes)
    if (!pageInfo.hasNextPage) break
    after = pageInfo.endCursor
  }
  return { ...plan, rejectedReasons: reasonsOf(plan), changes }
}

/** Counts the reasons. The quoted values in them differ from record to record. */
function reasonsOf({ rejectedRecords }: Plan): WholePlan['rejectedReasons'] {
  const groups = new Map<string, { reason: string; count: number }>()
  for (const { reason } of rejectedRecords) {
    const kind = reason.replace(/(?<=\bis )"(?:[^"\\]|\\.)*"|\d+/g, '…')
    const group = groups.get(kind)
    if (group) group.count += 1
    else groups.set(kind, { reason, count: 1 })
  }
  return [...groups.values()].sort((one, other) => other.count - one.count)
}
