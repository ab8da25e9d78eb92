import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { FileConfig } from './file-schema.ts'
import { resolveLimits } from './limits-schema.ts'
import type { Config, RequiredCapability } from './schema.ts'
import { resolveGraphiql } from './server-schema.ts'

/** The configuration in force, from what is written and what it names; relative paths start at `folder`. */
export function resolveConfig(
  written: FileConfig,
  { auth, sources, credentials }: Pick<Config, 'auth' | 'sources' | 'credentials'>,
  folder: string,
): Config {
  const {
    server,
    persistedOperations,
    database,
    schedule,
    probe,
    throttle,
    workers,
    retention,
    limits,
    log,
  } = written
  return {
    server: { ...server, graphiql: resolveGraphiql(server) },
    persistedOperations: {
      file: persistedOperations.file === null ? null : resolve(folder, persistedOperations.file),
      only: persistedOperations.only,
    },
    database: resolve(folder, database),
    auth,
    sources,
    schedule: { everyMs: schedule.every, onStart: schedule.onStart },
    credentials,
    probe: {
      port: probe.port,
      timeoutMs: probe.timeout,
      requiredCapabilities: probe.requiredCapabilities.map(resolveRequirement),
      hostKeys: probe.hostKeys,
      knownHostsFile: probe.knownHostsFile === null ? null : resolve(folder, probe.knownHostsFile),
      facts: probe.facts,
      legacyAlgorithms: probe.legacyAlgorithms,
    },
    throttle: {
      concurrency: throttle.concurrency,
      perSite: throttle.perSite,
      perCredential: throttle.perCredential,
      startsPerSecond: throttle.starts,
      coolDownMs: throttle.coolDown,
      retries: throttle.retries,
      suspendCredentialAfter: throttle.suspendCredentialAfter,
    },
    // One core is left to the thread that answers queries.
    workers: workers === 'auto' ? Math.max(1, availableParallelism() - 1) : workers,
    retention: { probesMs: retention.probes, changesMs: retention.changes },
    limits: resolveLimits(limits),
    log,
  }
}

function resolveRequirement({
  uri,
  module = '',
  minRevision,
  features,
  match,
}: FileConfig['probe']['requiredCapabilities'][number]): RequiredCapability {
  return {
    requirement: uri === undefined ? { module, minRevision, features } : { uri },
    match: match ?? null,
  }
}
