import { DEFAULTS, fileSchema } from './file-schema.ts'
import { resolveConfig } from './resolve-config.ts'
import type { Config } from './schema.ts'

/** Some of a configuration; of the sections with keys, some of the keys. */
export type ConfigOverrides = {
  [Key in keyof Config]?: Config[Key] extends string | number | unknown[] ? Config[Key] : Partial<Config[Key]>
}

/** The configuration that no file, environment or flag says anything about, but for the overrides. */
export function defaultConfig(overrides: ConfigOverrides = {}): Config {
  const config = resolveConfig(fileSchema.parse(DEFAULTS), [], process.cwd())
  return {
    server: { ...config.server, ...overrides.server },
    database: overrides.database ?? config.database,
    sources: overrides.sources ?? config.sources,
    schedule: { ...config.schedule, ...overrides.schedule },
    credentials: overrides.credentials ?? config.credentials,
    probe: { ...config.probe, ...overrides.probe },
    throttle: { ...config.throttle, ...overrides.throttle },
    workers: overrides.workers ?? config.workers,
    log: { ...config.log, ...overrides.log },
  }
}
