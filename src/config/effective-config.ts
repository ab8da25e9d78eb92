import { unknownVariables } from './environment.ts'
import { type FileOptions, invalid, readWritten, type ValueOrigin } from './load.ts'
import { describeIssues } from './problems.ts'
import { configSchema } from './schema.ts'
import type { KeyPath } from './schema-keys.ts'
import { type ShownValues, shownValues } from './shown-values.ts'

/** The configuration in force, as a file would write it, with the origin of each value. */
export interface EffectiveConfig {
  /** The file that was read, as it was named; null if there is none. */
  file: string | null
  /** Without secrets: it names where they are kept. */
  values: ShownValues
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
  return { file, values: shownValues(merged), originOf }
}
