import { minVersion, satisfies } from 'semver'

// npm compares the `engines` of each package with the Node.js that installs it, and warns of what does not fit. In a
// clone another one runs Rollcall: the package `node`. So the lock file leaves out what only the installing one lacks.

interface LockedPackage {
  version?: string
  engines?: Record<string, string>
}

export interface LockFile {
  packages: Record<string, LockedPackage>
}

const ROOT = ''

/**
 * The lock file without the demands on Node.js that the one it brings meets and the oldest that may install does not.
 *
 * @param installers the versions of Node.js that may install a clone, as a range
 */
export function withoutMetEngines<Lock extends LockFile>(lock: Lock, installers: string): Lock {
  const installing = minVersion(installers)
  if (installing === null) throw new Error(`${installers} is no range of versions.`)
  const running = runningNode(lock)
  const packages = Object.entries(lock.packages).map(([path, locked]) => {
    const demand = locked.engines?.node ?? '*'
    const isDropped = path !== ROOT && satisfies(running, demand) && !satisfies(installing, demand)
    return [path, isDropped ? withoutNode(locked) : locked]
  })
  return { ...lock, packages: Object.fromEntries(packages) }
}

function withoutNode({ engines, ...rest }: LockedPackage): LockedPackage {
  const { node: _node, ...others } = engines ?? {}
  return Object.keys(others).length === 0 ? rest : { ...rest, engines: others }
}

/** The packages that do not run on the Node.js that the lock file brings. */
export function unmetEngines(lock: LockFile): string[] {
  const running = runningNode(lock)
  const packages = Object.entries(lock.packages)
  return packages.flatMap(([path, { engines }]) => (satisfies(running, engines?.node ?? '*') ? [] : [path]))
}

/** The Node.js that runs Rollcall in a clone. */
function runningNode({ packages }: LockFile): string {
  const running = packages['node_modules/node']?.version
  if (running === undefined) throw new Error('The lock file names no Node.js.')
  return running
}
