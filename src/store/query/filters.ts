import { RollcallError } from '../../base/errors.ts'
import type { DeviceLifecycle } from '../../inventory/record.ts'
import type { ProbeOutcome, ProbePhase } from '../../netconf/outcome/outcome.ts'
import type { ChangeAction } from '../tables/database.ts'

// The filters of the API. All fields of one object must hold, `or` among them: at least one filter of its
// list must hold, and an empty list matches nothing. Fields that are null or undefined are ignored. `not`
// matches where its filter does not hold, also because a value is null.

/** Case-sensitive; `contains` and `startsWith` are literal, without wildcards. */
export interface StringFilter {
  eq?: string | null | undefined
  in?: readonly string[] | null | undefined
  contains?: string | null | undefined
  startsWith?: string | null | undefined
}

export interface CountryFilter {
  name?: StringFilter | null | undefined
  region?: StringFilter | null | undefined
  or?: readonly CountryFilter[] | null | undefined
  not?: CountryFilter | null | undefined
}

export interface SiteFilter {
  name?: StringFilter | null | undefined
  country?: CountryFilter | null | undefined
  or?: readonly SiteFilter[] | null | undefined
  not?: SiteFilter | null | undefined
}

export interface CapabilityFilter {
  /** The URI as advertised, parameters included. */
  uri?: StringFilter | null | undefined
  module?: StringFilter | null | undefined
  /** Revision at or after, YYYY-MM-DD. */
  minRevision?: string | null | undefined
}

export interface DeviceFilter {
  /** Ids of devices. */
  ids?: readonly number[] | null | undefined
  name?: StringFilter | null | undefined
  address?: StringFilter | null | undefined
  platform?: StringFilter | null | undefined
  /** ACTIVE is implied if no part of the whole filter names a lifecycle. */
  lifecycle?: DeviceLifecycle | null | undefined
  /** A device that was never probed matches neither value. */
  netconfSupported?: boolean | null | undefined
  /** Outcomes of the last probe. */
  outcome?: readonly ProbeOutcome[] | null | undefined
  /** Phases in which the last probe ended. */
  phase?: readonly ProbePhase[] | null | undefined
  /** This and the next two are facts that the device gave last. */
  vendor?: StringFilter | null | undefined
  model?: StringFilter | null | undefined
  osVersion?: StringFilter | null | undefined
  /** Whether the device last showed another host key than the one it is known by. */
  hostKeyChanged?: boolean | null | undefined
  /** Whether something keeps the device from being probed. It needs `holds`; see `withHolds`. */
  held?: boolean | null | undefined
  /** What keeps devices from being probed at present. */
  holds?: HoldConditions | null | undefined
  /** Epoch milliseconds; also matches devices that were never probed. */
  probedBefore?: number | null | undefined
  /** A capability of the last opened session. */
  hasCapability?: CapabilityFilter | null | undefined
  /** A session was opened once, and the last one had no such capability. */
  lacksCapability?: CapabilityFilter | null | undefined
  site?: SiteFilter | null | undefined
  or?: readonly DeviceFilter[] | null | undefined
  not?: DeviceFilter | null | undefined
}

/** Selects entries of the change log. */
export interface ChangeFilter {
  action?: readonly ChangeAction[] | null | undefined
  actor?: StringFilter | null | undefined
  /** Epoch milliseconds: not before, and before. */
  since?: number | null | undefined
  until?: number | null | undefined
  /** The name of the device as it is now, whether it is decommissioned or not. */
  name?: StringFilter | null | undefined
  /** The site of the device as it is now. */
  site?: SiteFilter | null | undefined
  or?: readonly ChangeFilter[] | null | undefined
  not?: ChangeFilter | null | undefined
}

/** What keeps devices from being probed, apart from what the store knows of each. Plain data. */
export interface HoldConditions {
  /** Epoch milliseconds. A back-off that ends later holds a device, if it ends within `intervalMs`. */
  at: number
  intervalMs: number
  /** Whether a changed host key holds a device. */
  checksHostKeys: boolean
  /** In the order of the configuration. */
  credentials: readonly CredentialCondition[]
}

export interface CredentialCondition {
  name: string
  /** Null: it is for every device. */
  match: DeviceMatch | null
  /** Whether it is not suspended. */
  isUsable: boolean
}

/** Globs on properties of a device, all of which must fit. */
export interface DeviceMatch {
  platform?: string | undefined
  country?: string | undefined
  site?: string | undefined
  name?: string | undefined
}

/** Returns the filter with what `held` means in it at present; the filter itself if it does not ask. */
export function withHolds<F extends DeviceFilter | null | undefined>(
  filter: F,
  conditions: () => HoldConditions,
): F {
  if (!filter || !asksForHeld(filter)) return filter
  const holds = conditions()
  const resolve = (part: DeviceFilter): DeviceFilter => ({
    ...part,
    ...(typeof part.held === 'boolean' && { holds }),
    ...(part.or && { or: part.or.map(resolve) }),
    ...(part.not && { not: resolve(part.not) }),
  })
  return resolve(filter) as F
}

function asksForHeld({ held, or, not }: DeviceFilter): boolean {
  return typeof held === 'boolean' || (or ?? []).some(asksForHeld) || (not ? asksForHeld(not) : false)
}

/** The limit keeps a compiled expression well within SQLite's depth of 1,000. */
const MAX_FILTER_OBJECTS = 200

/** So many parts may have conditions on other tables that PostgreSQL joins; see `relatedRowMeets`. */
export const MAX_JOINED_OBJECTS = 6

interface FilterObject {
  or?: readonly FilterObject[] | null | undefined
  not?: FilterObject | null | undefined
  site?: FilterObject | null | undefined
  country?: FilterObject | null | undefined
}

/** @throws RollcallError BAD_USER_INPUT if the filter is too large to be compiled */
export function checkFilterSize(filter: FilterObject): void {
  if (hasAtMost(MAX_FILTER_OBJECTS, filter)) return
  const remedy = 'use `in` lists in place of long `or` lists'
  throw new RollcallError(
    'BAD_USER_INPUT',
    `The filter has more than ${MAX_FILTER_OBJECTS} parts; ${remedy}.`,
  )
}

/** Tells whether a filter consists of no more objects than this, with itself. */
export function hasAtMost(count: number, filter: FilterObject): boolean {
  const waiting: FilterObject[] = [filter]
  let size = 0
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    size += 1
    if (size > count) return false
    for (const part of [next.not, next.site, next.country]) if (part) waiting.push(part)
    if (next.or) waiting.push(...next.or)
  }
  return true
}
