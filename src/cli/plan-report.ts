import { plainText } from '../inventory/plain-text.ts'
import { fittedTable, table } from './output.ts'
import type { PlanChange, WholePlan } from './plan-data.ts'

/** How many devices of each kind are listed by default. */
export const LISTED = 50

const TITLES = ['decommissioned', 'moved', 'changed', 'restored', 'created'] as const
type Title = (typeof TITLES)[number]

/**
 * Describes a plan for a person: its counts, its changes by name, and the reasons of its rejected records.
 *
 * @param limit how many devices of each kind are listed; 0 for all
 */
export function describePlan(plan: WholePlan, limit: number): string {
  const { source, state, reason, created, updated, moved, decommissioned, unchanged } = plan
  const moves = moved === 0 ? {} : { moved }
  const rejected = plan.rejectedRecords.length
  const counts = { created, updated, ...moves, decommissioned, unchanged, 'set aside': rejected }
  const lines = [`Source "${source}": ${state}`]
  if (reason !== null) lines.push(`  ${reason}`)
  if (plan.decidedAt !== null) {
    const by = plan.decidedBy === null ? '' : ` by ${plan.decidedBy}`
    lines.push(`  Decided${by} at ${plan.decidedAt}`)
  }
  if (state !== 'FAILED')
    lines.push(table(Object.entries(counts).map(([name, count]) => [`  ${name}`, String(count)])))
  for (const warning of plan.warnings) lines.push(`  Warning: ${warning}`)
  const kinds = Map.groupBy(plan.changes, titleOf)
  for (const title of TITLES) {
    const changes = kinds.get(title) ?? []
    if (changes.length > 0) lines.push(...section(title, changes, { state, limit }))
  }
  lines.push(...rejections(plan, limit))
  return lines.join('\n')
}

function titleOf({ action, fields }: PlanChange): Title {
  if (action === 'UPDATED') return fields.some(isMove) ? 'moved' : 'changed'
  return action.toLowerCase() as Title
}

/** Tells whether a field is another place, and not only another spelling of its name. */
function isMove({ field, before, after }: PlanChange['fields'][number]): boolean {
  return (field === 'site' || field === 'country') && plainText(before ?? '') !== plainText(after ?? '')
}

function section(
  title: Title,
  changes: readonly PlanChange[],
  { state, limit }: { state: string; limit: number },
): string[] {
  const listed = limit === 0 ? changes : changes.slice(0, limit)
  const details = title === 'moved' || title === 'changed' || title === 'restored'
  const rows = listed.map(({ name, site, country, fields }) => [
    name,
    site,
    country,
    ...(details ? [fields.map(described).join(', ')] : []),
  ])
  const heading = ['DEVICE', 'SITE', 'COUNTRY', ...(details ? ['CHANGES'] : [])]
  const would = state === 'DRY_RUN' ? 'Would be' : state === 'APPLIED' ? 'Were' : 'Planned to be'
  const left = changes.length - listed.length
  return [
    '',
    `${would} ${title}: ${changes.length}`,
    fittedTable([heading, ...rows], '  '),
    ...(left > 0 ? [`  … and ${left} more; --limit 0 lists all.`] : []),
  ]
}

function described({ field, before, after }: PlanChange['fields'][number]): string {
  return `${field}: ${before ?? '-'} → ${after ?? '-'}`
}

function rejections({ rejectedReasons, rejectedRecords }: WholePlan, limit: number): string[] {
  if (rejectedRecords.length === 0) return []
  const listed = limit === 0 ? rejectedRecords : rejectedRecords.slice(0, limit)
  const left = rejectedRecords.length - listed.length
  const reasons =
    rejectedReasons.length < rejectedRecords.length
      ? rejectedReasons.map(({ reason, count }) => `  ${count} × ${count > 1 ? 'such as: ' : ''}${reason}`)
      : []
  return [
    '',
    `Set aside: ${rejectedRecords.length}`,
    ...reasons,
    ...listed.flatMap(({ position, record, reason }) => [
      `  Record ${position}: ${reason}`,
      ...(record === '' ? [] : [`    ${record}`]),
    ]),
    ...(left > 0 ? [`  … and ${left} more; --limit 0 lists all.`] : []),
  ]
}
