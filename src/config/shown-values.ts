import { isMapping } from './layers.ts'
import { configSchema } from './schema.ts'
import { withDefaults } from './schema-keys.ts'

/** The values of a configuration by key, as a file would write them. */
export type ShownValues = Readonly<Record<string, unknown>>

/**
 * Returns a configuration as it is written, with all defaults, in the order of the documentation. It names
 * where secrets are kept. Parameters of URLs are hidden, because some servers take a key there.
 */
export function shownValues(written: unknown): ShownValues {
  const values = withMaskedQueries(withDefaults(configSchema, written))
  return isMapping(values) ? values : {}
}

function withMaskedQueries(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMaskedQueries)
  if (isMapping(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withMaskedQueries(inner)]))
  }
  if (typeof value !== 'string' || !/^https?:/.test(value)) return value
  return value.replace(/([?&][^=&#]*=)[^&#]*/g, '$1***')
}
