import pg from 'pg'
import { vi } from 'vitest'

/** A step of a plan of PostgreSQL, as `explain (format json)` names it. */
export interface PlanStep {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  'Index Cond'?: string
  Filter?: string
  Plans?: PlanStep[]
}

/** A statement and the values that are bound to it. */
interface Bound {
  text: string
  values: unknown[]
}

/** Runs `work`, and returns the statements that it has PostgreSQL run, with their values. */
export async function boundStatements(work: () => Promise<unknown>): Promise<Bound[]> {
  const bound: Bound[] = []
  const query = pg.Client.prototype.query
  const spy = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
    this: pg.Client,
    ...given: unknown[]
  ) {
    const { text, values } = given[0] as pg.QueryConfig
    if (text !== undefined && values !== undefined) bound.push({ text, values })
    return Reflect.apply(query, this, given)
  })
  try {
    await work()
  } finally {
    spy.mockRestore()
  }
  return bound
}

/** Returns the steps of the plan of a statement, from the outermost one on. */
export async function stepsOf(client: pg.Client, { text, values }: Bound): Promise<PlanStep[]> {
  const { rows } = await client.query<{ 'QUERY PLAN': { Plan: PlanStep }[] }>(
    `explain (format json) ${text}`,
    values,
  )
  return rows.flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => within(Plan)))
}

function within(step: PlanStep): PlanStep[] {
  return [step, ...(step.Plans ?? []).flatMap(within)]
}
