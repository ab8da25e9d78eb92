type Mapping = Readonly<Record<string, unknown>>

export function isMapping(value: unknown): value is Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Lays one configuration over another: mappings are merged key by key, any other value is replaced. A null
 * above, such as a section whose lines are all commented out, keeps the value below.
 */
export function merge(below: unknown, above: unknown): unknown {
  if (above === null || above === undefined) return below
  if (!isMapping(below) || !isMapping(above)) return above
  const merged = Object.entries(above).map(([key, value]) => [
    key,
    merge(Object.hasOwn(below, key) ? below[key] : undefined, value),
  ])
  return Object.fromEntries([...Object.entries(below), ...merged])
}

/** Whether a layer has a value at a path. */
export function gives(layer: unknown, path: readonly PropertyKey[]): boolean {
  const [key, ...rest] = path
  if (key === undefined) return layer !== null && layer !== undefined
  return (
    typeof layer === 'object' &&
    layer !== null &&
    Object.hasOwn(layer, key) &&
    gives(Reflect.get(layer, key), rest)
  )
}
