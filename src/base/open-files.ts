import { RollcallError } from './errors.ts'

/**
 * Files that the process itself needs: for its event loop, the database with its log, and occasional reads.
 */
const OWN_FILES = 64
/** For the event loop of a thread and its message channel. */
const FILES_PER_THREAD = 8
/** The socket of a probe, and one for resolving the name. */
const FILES_PER_PROBE = 2
/** A gateway with fewer does not start. */
const MIN_PROBES = 8
/** With fewer connections than these, a warning is logged. */
const USUAL_CONNECTIONS = 1_000

/** How many of each may be open at once. */
export interface OpenFileShares {
  probes: number
  connections: number
  /** A sentence for the log if there are fewer than usual; else null. */
  warning: string | null
}

/** How many of each the process is configured to have. */
export interface OpenFileNeeds {
  threads: number
  probes: number
  connections: number
  /** The process does not start with fewer connections. */
  minConnections: number
}

/** The number of files, sockets included, that this process may have open; Infinity if there is no limit. */
export function openFileLimit(): number {
  if (process.report === undefined) return Infinity
  // Node.js leaves out the limits if the system has none.
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: unknown } } }
  const limit = userLimits?.open_files?.soft
  return typeof limit === 'number' ? limit : Infinity
}

/**
 * Divides the files that may be open. Those that the database, the log and the threads need are reserved;
 * probes get at most half of the rest, connections what then remains.
 *
 * @throws RollcallError CONFIG_INVALID if the limit is too low to start
 */
export function shareOpenFiles(limit: number, needs: OpenFileNeeds): OpenFileShares {
  const { threads, minConnections } = needs
  const reserve = OWN_FILES + threads * FILES_PER_THREAD
  const least = reserve + MIN_PROBES * FILES_PER_PROBE + minConnections
  if (limit < least) {
    throw new RollcallError(
      'CONFIG_INVALID',
      `The limit of open files is ${limit}; raise it to at least ${least} (ulimit -n).`,
    )
  }
  const rest = limit - reserve
  const forProbes = needs.connections === 0 ? rest : Math.min(rest / 2, rest - minConnections)
  const probes = Math.min(needs.probes, Math.floor(forProbes / FILES_PER_PROBE))
  const connections = Math.min(needs.connections, rest - probes * FILES_PER_PROBE)
  const usual = Math.min(needs.connections, USUAL_CONNECTIONS)
  if (probes === needs.probes && connections >= usual) return { probes, connections, warning: null }
  const allProbes = needs.probes * FILES_PER_PROBE
  const wanted = reserve + (usual === 0 ? allProbes : Math.max(2 * allProbes, allProbes + usual))
  const what =
    needs.connections === 0 ? `${probes} probes` : `${probes} probes and ${connections} connections`
  return {
    probes,
    connections,
    warning:
      `The limit of open files is ${limit}, so at most ${what} are open at once; ` +
      `raise it to at least ${wanted} (ulimit -n).`,
  }
}
