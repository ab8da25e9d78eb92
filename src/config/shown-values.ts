import { isMapping } from './layers.ts'
import { configSchema } from './schema.ts'
import { withDefaults } from './schema-keys.ts'

/** The values of a configuration by key, as a file would write them. */
export type ShownValues = Readonly<Record<string, unknown>>

/**
 * Returns a configuration as it is written, with all defaults, in the order of the documentation. It names
 * where secrets are kept. Parameters of URLs are hidden, because some servers take a key there. So are the
 * paths of receivers of webhooks.
 */
export function shownValues(written: unknown): ShownValues {
  const values = withMaskedQueries(withDefaults(configSchema, written))
  if (!isMapping(values)) return {}
  const receivers = Array.isArray(values.notify) ? values.notify.map(withMaskedPath) : values.notify
  return { ...values, notify: receivers }
}

function withMaskedPath(receiver: unknown): unknown {
  if (!isMapping(receiver) || typeof receiver.url !== 'string') return receiver
  return { ...receiver, url: receiver.url.replace(/^(https?:\/\/[^/?#]+\/).+$/, '$1***') }
}

function withMaskedQueries(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMaskedQueries)
  if (isMapping(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withMaskedQueries(inner)]))
  }
  if (typeof value !== 'string' || !/^https?:/.test(value)) return value
  return value.replace(/([?&][^=&#]*=)[^&#]*/g, '$1***')
}
