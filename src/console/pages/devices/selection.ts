import { createSignal } from 'solid-js'
import type { DeviceFilter } from '../../api/generated.ts'
import { and } from '../../lib/filter-text.ts'

/** The selection: single devices, or all that match but some, including rows that are not loaded. */
export interface Selection {
  isAll: () => boolean
  /** The number of devices that are left out of "all that match". */
  exceptions: () => number
  has: (id: string) => boolean
  /** The number of selected devices, if `total` match. */
  size: (total: number) => number
  /** The ids of single devices; none if all that match are selected. */
  ids: () => string[]
  /** All that match the filter of the table, without those that are left out. */
  filter: (matching: DeviceFilter | null) => DeviceFilter
  toggle: (id: string) => void
  add: (ids: readonly string[]) => void
  selectAll: () => void
  clear: () => void
}

export function createSelection(): Selection {
  /** The selected devices or, if all are, those that are left out. */
  const [named, setNamed] = createSignal<ReadonlySet<string>>(new Set())
  const [isAll, setIsAll] = createSignal(false)
  return {
    isAll,
    exceptions: () => (isAll() ? named().size : 0),
    has: (id) => isAll() !== named().has(id),
    size: (total) => (isAll() ? Math.max(0, total - named().size) : named().size),
    ids: () => (isAll() ? [] : [...named()]),
    filter(matching) {
      if (named().size === 0) return matching ?? {}
      const leftOut = { not: { ids: [...named()] } }
      return matching ? and(matching, leftOut) : leftOut
    },
    toggle(id) {
      const next = new Set(named())
      if (!next.delete(id)) next.add(id)
      setNamed(next)
    },
    add(ids) {
      const next = new Set(named())
      for (const id of ids) {
        if (isAll()) next.delete(id)
        else next.add(id)
      }
      setNamed(next)
    },
    selectAll() {
      setNamed(new Set<string>())
      setIsAll(true)
    },
    clear() {
      setNamed(new Set<string>())
      setIsAll(false)
    },
  }
}
