import { readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/** What `nice` adds by default: a tenth of the API's share where both want all of a core. */
const NICER_BY = 10

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
