import { RollcallError } from './errors.ts'

/** What the process itself keeps open: its event loops, the database and its log, and what it reads now and then. */
const OWN_FILES = 64
/** The event loop of a thread, and its side of the messages. */
const FILES_PER_THREAD = 8
/** A socket, and what looking its name up takes meanwhile. */
const FILES_PER_PROBE = 2
/** With fewer of them, a gateway is of no use. */
const MIN_PROBES = 8
/** Below this, somebody should know that there are fewer. */
const USUAL_CONNECTIONS = 1_000

/** How many of each may be open at once. */
export interface OpenFileShares {
  probes: number
  connections: number
  /** A sentence for the log if these are fewer than one would expect; else null. */
  warning: string | null
}

/** What a process is configured to open. */
export interface OpenFileNeeds {
  threads: number
  probes: number
  connections: number
  /** With fewer connections than these it does not start. */
  minConnections: number
}

/** The number of files, sockets included, that this process may have open; Infinity if there is no limit. */
export function openFileLimit(): number {
  if (process.report === undefined) return Infinity
  // Node.js leaves out the limits where the system has none.
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: unknown } } }
  const limit = userLimits?.open_files?.soft
  return typeof limit === 'number' ? limit : Infinity
}

/**
 * Divides the files that may be open so that probes and connections together never take those that the database, the log
 * and the threads need. Probes get at most half of the rest.
 *
 * @throws RollcallError CONFIG_INVALID if the limit is too low to work with at all
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
    warning: `The limit of open files is ${limit}, so at most ${what} are open at once; raise it to at least ${wanted} (ulimit -n).`,
  }
}
