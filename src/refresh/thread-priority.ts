import { readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/** Half of what PRIORITY_BELOW_NORMAL is: behind the API, but not starved by whatever else the machine runs. */
const NICER_BY = 5

/**
 * Lets other threads go first where there is not CPU enough for all: somebody waits for the API, nobody for one
 * probe. Only Linux knows priorities of threads; elsewhere nothing happens.
 */
export function lowerThreadPriority(): void {
  try {
    // PID/task/TID
    const [, , id] = readlinkSync('/proc/thread-self').split('/')
    if (id !== undefined) setPriority(Number(id), getPriority() + NICER_BY)
  } catch {
    // No such file, or not allowed: it works all the same, only less politely.
  }
}
