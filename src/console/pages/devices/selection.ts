import { createSignal } from 'solid-js'

/** The selection: single devices, or all that match the filter, including rows that are not loaded. */
export interface Selection {
  isAll: () => boolean
  has: (id: string) => boolean
  /** The number of selected devices, if `total` match. */
  size: (total: number) => number
  ids: () => string[]
  toggle: (id: string) => void
  add: (ids: readonly string[]) => void
  selectAll: () => void
  clear: () => void
}

export function createSelection(): Selection {
  const [chosen, setChosen] = createSignal<ReadonlySet<string>>(new Set())
  const [isAll, setIsAll] = createSignal(false)
  return {
    isAll,
    has: (id) => isAll() || chosen().has(id),
    size: (total) => (isAll() ? total : chosen().size),
    ids: () => [...chosen()],
    toggle(id) {
      // The API cannot express "all but this one", so this starts a new selection.
      const next = new Set(isAll() ? [] : chosen())
      if (!next.delete(id)) next.add(id)
      setIsAll(false)
      setChosen(next)
    },
    add(ids) {
      setIsAll(false)
      setChosen(new Set([...chosen(), ...ids]))
    },
    selectAll() {
      setChosen(new Set<string>())
      setIsAll(true)
    },
    clear() {
      setChosen(new Set<string>())
      setIsAll(false)
    },
  }
}
