import type { DeviceFilter } from '../../store/query/filters.ts'

/** A subscriber's filter, with the text by which subscribers with equal filters find each other. */
export interface SharedFilter {
  filter: DeviceFilter | undefined
  text: string
}

export function sharedFilter(filter: DeviceFilter | null | undefined): SharedFilter {
  return { filter: filter ?? undefined, text: JSON.stringify(filter ?? null) }
}
