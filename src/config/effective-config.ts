import { unknownVariables } from './environment.ts'
import { isMapping } from './layers.ts'
import { type FileOptions, invalid, readWritten, type ValueOrigin } from './load.ts'
import { describeIssues } from './problems.ts'
import { configSchema } from './schema.ts'
import { type KeyPath, withDefaults } from './schema-keys.ts'

/** The configuration in force, as a file would write it, with the origin of each value. */
export interface EffectiveConfig {
  /** The file that was read, as it was named; null if there is none. */
  file: string | null
  /**
   * All keys with a value, in the order of the documentation. Secrets are not among them: only the places
   * where they are kept.
   */
  values: Readonly<Record<string, unknown>>
  originOf(path: KeyPath): ValueOrigin
}

/**
 * Returns the configuration in force without reading secrets, keys and certificates.
 *
 * @throws RollcallError CONFIG_INVALID with a line for each problem
 */
export function effectiveConfig(options: FileOptions): EffectiveConfig {
  const { file, merged, originOf, nameKey } = readWritten(options)
  const checked = configSchema.safeParse(merged, { reportInput: true })
  const problems = [
    ...(checked.success ? [] : describeIssues(checked.error.issues, merged, nameKey)),
    ...unknownVariables(options.env, merged),
  ]
  if (problems.length > 0) throw invalid(problems)
  const values = withMaskedQueries(withDefaults(configSchema, merged))
  return { file, values: isMapping(values) ? values : {}, originOf }
}

/** Hides the parameters of URLs: some servers take a key there. */
function withMaskedQueries(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withMaskedQueries)
  if (isMapping(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withMaskedQueries(inner)]))
  }
  if (typeof value !== 'string' || !/^https?:/.test(value)) return value
  return value.replace(/([?&][^=&#]*=)[^&#]*/g, '$1***')
}
