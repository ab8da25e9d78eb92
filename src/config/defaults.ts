import { AUTH_DEFAULTS } from './auth-schema.ts'
import { DEFAULTS, fileSchema } from './file-schema.ts'
import { resolveConfig } from './resolve-config.ts'
import type { AuthConfig, Config, SourceAccess } from './schema.ts'
import { SOURCE_DEFAULTS } from './source-schema.ts'

/** Some of a configuration; of the sections with keys, some of the keys. Sources without a ceiling get the default one. */
export type ConfigOverrides = {
  [Key in keyof Omit<Config, 'sources' | 'auth'>]?: Config[Key] extends string | number | unknown[]
    ? Config[Key]
    : Partial<Config[Key]>
} & { sources?: SourceAccess[]; auth?: AuthConfig }

/** The configuration that no file, environment or flag says anything about, but for the overrides. */
export function defaultConfig(overrides: ConfigOverrides = {}): Config {
  const config = resolveConfig(
    fileSchema.parse(DEFAULTS),
    { auth: AUTH_DEFAULTS, sources: [], credentials: [] },
    process.cwd(),
  )
  return {
    server: { ...config.server, ...overrides.server },
    persistedOperations: { ...config.persistedOperations, ...overrides.persistedOperations },
    database: overrides.database ?? config.database,
    auth: overrides.auth ?? config.auth,
    sources: (overrides.sources ?? []).map((source) => ({ ceiling: SOURCE_DEFAULTS.ceiling, ...source })),
    schedule: { ...config.schedule, ...overrides.schedule },
    credentials: overrides.credentials ?? config.credentials,
    probe: { ...config.probe, ...overrides.probe },
    throttle: { ...config.throttle, ...overrides.throttle },
    workers: overrides.workers ?? config.workers,
    retention: { ...config.retention, ...overrides.retention },
    limits: { ...config.limits, ...overrides.limits },
    log: { ...config.log, ...overrides.log },
  }
}
