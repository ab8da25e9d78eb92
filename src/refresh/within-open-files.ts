import { availableParallelism } from 'node:os'
import type { Logger } from '../base/log.ts'
import { openFileLimit, shareOpenFiles } from '../base/open-files.ts'
import type { Config } from '../config/schema.ts'

/** What a process needs open files for, besides probes. */
export interface OpenFileNeeds {
  connections: number
  minConnections: number
  /** Threads that answer large queries. */
  readers: number
}

/** The most connections, which include WebSockets and subscriptions over server-sent events. */
const MAX_CONNECTIONS = 10_000
const MIN_CONNECTIONS = 32

/** A reader thread takes 50 to 80 MB of memory. */
const MAX_READER_THREADS = 4

/** The needs of a process that serves no clients. */
export const NO_CLIENTS: OpenFileNeeds = { connections: 0, minConnections: 0, readers: 0 }

/** Returns the needs of a process that serves clients. */
export function forClients(): OpenFileNeeds {
  return { connections: MAX_CONNECTIONS, minConnections: MIN_CONNECTIONS, readers: readerThreads() }
}

/** Returns the number of threads that answer large queries. Leaves one core to the thread of the API. */
export function readerThreads(): number {
  return Math.min(MAX_READER_THREADS, Math.max(1, availableParallelism() - 1))
}

/**
 * Shares the limit of open files between connections and probes. Returns the configuration, with no more
 * probes at once than that allows, and the number of connections.
 *
 * @throws RollcallError if the limit is too low
 */
export function withinOpenFiles(
  { config, log }: { config: Config; log: Logger },
  { readers, ...needs }: OpenFileNeeds,
): { config: Config; connections: number } {
  const { probes, connections, warning } = shareOpenFiles(openFileLimit(), {
    ...needs,
    threads: config.workers + readers,
    probes: config.throttle.concurrency,
  })
  if (warning !== null) log.warn({ event: 'open_files.few' }, warning)
  return { config: { ...config, throttle: { ...config.throttle, concurrency: probes } }, connections }
}
