/** A module imports only from floors below its own. The modules of one floor do not import each other. */
export const FLOORS: Readonly<Record<string, number>> = {
  base: 0,
  inventory: 1,
  netconf: 1,
  config: 1,
  tracing: 1,
  sources: 2,
  store: 2,
  simulator: 2,
  refresh: 3,
  exports: 3,
  api: 4,
  console: 4,
  'gateway.ts': 5,
  'prober.ts': 5,
  cli: 6,
}

/** The place in `ROOMS` of all files of a module that stand beside its folders and are not listed by name. */
export const TOP = '*'

/**
 * The rooms of a module from the lowest to the highest: a file imports from its own room and from lower ones. A folder
 * is a room; a file beside the folders is one if it is listed, else it belongs to `*`.
 */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  netconf: ['outcome', 'protocol', 'report', 'ssh', 'facts', TOP],
  sources: ['source.ts', 'formats', 'http', TOP],
  store: [
    'tables',
    'opening',
    'query',
    'results',
    'inventory',
    'retention',
    'sqlite',
    'postgres',
    'maintenance',
    'record-thread',
    TOP,
  ],
  refresh: ['throttle', 'pool', 'remote', 'notify', 'inventory', TOP, 'cluster'],
  api: [
    'limits',
    'auth',
    'fairness',
    'loaders',
    'live',
    'context.ts',
    'schema',
    'execution',
    'read-threads',
    'operations',
    'http',
    'websocket',
    TOP,
  ],
}

/** The floor of a room within its module; -1 for a folder that is no room. A module without rooms has one floor. */
export function roomFloor(module: string, room: string): number {
  const rooms = ROOMS[module]
  if (rooms === undefined) return 0
  const listed = rooms.indexOf(room)
  return listed === -1 && /\.[jt]sx?$/.test(room) ? rooms.indexOf(TOP) : listed
}
