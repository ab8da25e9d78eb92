import { availableParallelism } from 'node:os'
import { defaultConfig } from '../../support/default-config.ts'

export const DAY_MS = 86_400_000

/** The configuration without a file, apart from the path of the database. */
export const defaults = {
  server: { host: '127.0.0.1', port: 4000, cors: [], introspection: true, graphiql: true, console: true },
  persistedOperations: { file: null, only: false },
  postgres: { ca: null },
  auth: { mode: 'none' },
  sources: [],
  schedule: { everyMs: 7_200_000, onStart: true },
  credentials: [],
  probe: {
    port: 830,
    timeoutMs: 10_000,
    requiredCapabilities: [],
    hostKeys: 'trust-first',
    knownHostsFile: null,
    facts: true,
    legacyAlgorithms: [],
  },
  devices: { region: [] },
  probers: { default: 'local', fallback: 'skip' },
  throttle: {
    concurrency: 1_000,
    perSite: 10,
    perCredential: 10_000,
    startsPerSecond: 500,
    coolDownMs: 60_000,
    retries: 1,
    suspendCredentialAfter: 5,
  },
  workers: Math.max(1, availableParallelism() - 1),
  retention: { probesMs: 90 * DAY_MS, changesMs: 365 * DAY_MS },
  notify: [],
  limits: defaultConfig().limits,
  traces: { enabled: false, probes: 0.01 },
  log: { level: 'info', format: 'auto' },
}
