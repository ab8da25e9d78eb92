import { Loader } from './loader.ts'

/** What is found for each id, and something else where nothing is. */
export function found<V>(
  fetch: (ids: readonly number[]) => Promise<ReadonlyMap<number, V>>,
  otherwise: () => V,
): Loader<V> {
  return new Loader(async (ids) => {
    const values = await fetch(ids)
    return ids.map((id) => values.get(id) ?? otherwise())
  })
}

/** The children of all parents, which are read together, by parent. */
export function children<R>(
  fetch: (parentIds: readonly number[]) => Promise<readonly R[]>,
  parentOf: (row: R) => number,
): Loader<readonly R[]> {
  return found(
    async (ids) => Map.groupBy(await fetch(ids), parentOf),
    () => [],
  )
}
