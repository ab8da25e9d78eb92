import { resolveConfig } from '../../src/config/resolve-config.ts'
import { type AuthConfig, type Config, configSchema, type SourceAccess } from '../../src/config/schema.ts'
import { DEFAULT_CEILING } from '../../src/config/source-schema.ts'

/** Parts of a configuration. Sources without a ceiling get the default one. */
export type ConfigOverrides = {
  [Key in keyof Omit<Config, 'sources' | 'auth'>]?: Config[Key] extends string | number | unknown[]
    ? Config[Key]
    : Partial<Config[Key]>
} & { sources?: SourceAccess[]; auth?: AuthConfig }

/** The configuration without a file, an environment or flags, but for the overrides. */
export function defaultConfig(overrides: ConfigOverrides = {}): Config {
  const { config } = resolveConfig(configSchema.parse({}), {
    folder: process.cwd(),
    env: {},
    nameKey: String,
    isRead: () => false,
  })
  return {
    server: { ...config.server, ...overrides.server },
    persistedOperations: { ...config.persistedOperations, ...overrides.persistedOperations },
    database: overrides.database ?? config.database,
    postgres: config.postgres,
    auth: overrides.auth ?? config.auth,
    sources: (overrides.sources ?? []).map((source) => ({ ceiling: DEFAULT_CEILING, ...source })),
    schedule: { ...config.schedule, ...overrides.schedule },
    credentials: overrides.credentials ?? config.credentials,
    probe: { ...config.probe, ...overrides.probe },
    devices: { ...config.devices, ...overrides.devices },
    probers: { ...config.probers, ...overrides.probers },
    throttle: { ...config.throttle, ...overrides.throttle },
    workers: overrides.workers ?? config.workers,
    retention: { ...config.retention, ...overrides.retention },
    notify: overrides.notify ?? config.notify,
    limits: { ...config.limits, ...overrides.limits },
    traces: { ...config.traces, ...overrides.traces },
    log: { ...config.log, ...overrides.log },
  }
}
