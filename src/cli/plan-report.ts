import { plainText } from '../inventory/plain-text.ts'
import type { PlanChange, WholePlan } from './plan-data.ts'
import { fittedTable, table } from './table.ts'
import { type Width, wrapped } from './wrapping.ts'

/** How many devices of each kind are listed by default. */
export const LISTED = 50

const HANGING = { first: '  ', rest: '    ' }

const TITLES = ['decommissioned', 'moved', 'changed', 'restored', 'created'] as const
type Title = (typeof TITLES)[number]

interface Listing {
  /** How many devices of each kind are listed; 0 for all. */
  limit: number
  width: Width
}

/** Describes a plan for a person: its counts, its changes by name, and why records were rejected. */
export function describePlan(plan: WholePlan, listing: Listing): string {
  const { width } = listing
  const { source, state, reason, created, updated, moved, decommissioned, unchanged } = plan
  const moves = moved === 0 ? {} : { moved }
  const rejected = plan.rejectedRecords.length
  const counts = { created, updated, ...moves, decommissioned, unchanged, 'set aside': rejected }
  const lines = [`Source "${source}": ${state}`]
  if (reason !== null) lines.push(wrapped(reason, width, { first: '  ' }))
  if (plan.decidedAt !== null) {
    const by = plan.decidedBy === null ? '' : ` by ${plan.decidedBy}`
    lines.push(wrapped(`Decided${by} at ${plan.decidedAt}`, width, { first: '  ' }))
  }
  if (state !== 'FAILED')
    lines.push(table(Object.entries(counts).map(([name, count]) => [`  ${name}`, String(count)])))
  for (const warning of plan.warnings) lines.push(wrapped(`Warning: ${warning}`, width, HANGING))
  const kinds = Map.groupBy(plan.changes, titleOf)
  for (const title of TITLES) {
    const changes = kinds.get(title) ?? []
    if (changes.length > 0) lines.push(...section(title, changes, { ...listing, state }))
  }
  lines.push(...rejections(plan, listing))
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
  { state, limit, width }: Listing & { state: string },
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
    fittedTable([heading, ...rows], { width, indent: '  ', wrapsLast: details }),
    ...(left > 0 ? [`  … and ${left} more; --limit 0 lists all.`] : []),
  ]
}

function described({ field, before, after }: PlanChange['fields'][number]): string {
  return `${field}: ${before ?? '-'} → ${after ?? '-'}`
}

function rejections({ rejectedReasons, rejectedRecords }: WholePlan, { limit, width }: Listing): string[] {
  if (rejectedRecords.length === 0) return []
  const listed = limit === 0 ? rejectedRecords : rejectedRecords.slice(0, limit)
  const left = rejectedRecords.length - listed.length
  const reasons =
    rejectedReasons.length < rejectedRecords.length
      ? rejectedReasons.map(({ reason, count }) =>
          wrapped(`${count} × ${count > 1 ? 'such as: ' : ''}${reason}`, width, HANGING),
        )
      : []
  return [
    '',
    `Set aside: ${rejectedRecords.length}`,
    ...reasons,
    ...listed.flatMap(({ position, record, reason }) => [
      wrapped(`Record ${position}: ${reason}`, width, HANGING),
      ...(record === '' ? [] : [shownRecord(record, width)]),
    ]),
    ...(left > 0 ? [`  … and ${left} more; --limit 0 lists all.`] : []),
  ]
}

/** On a terminal, the JSON of a record gets blanks at which it can be wrapped. */
function shownRecord(record: string, width: Width): string {
  const text = width === undefined ? record : record.replaceAll(',"', ', "')
  return wrapped(text, width, { first: '    ' })
}
