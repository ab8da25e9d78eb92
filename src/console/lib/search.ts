import { useSearchParams } from '@solidjs/router'

/**
 * The parameters in the address after the question mark, and a function that changes some of them; undefined
 * removes one. Of a parameter that the address names several times, the first value counts.
 */
export function useSearch<Key extends string>() {
  const [search, setSearch] = useSearchParams()
  const read = (key: Key): string | undefined => {
    const value = search[key]
    return Array.isArray(value) ? value[0] : value
  }
  const change = (next: Partial<Record<Key, string | undefined>>) => setSearch(next)
  return [read, change] as const
}
