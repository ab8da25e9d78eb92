import { readlinkSync } from 'node:fs'
import { getPriority, setPriority } from 'node:os'

/**
 * The increment that `nice` uses by default. If both need a whole core, the thread gets a tenth of the share
 * of the API's thread.
 */
const NICER_BY = 10

/**
 * Lowers the priority of this thread. If CPU is short, the API goes first: somebody waits for it, nobody for
 * one probe. Only Linux has priorities of threads; elsewhere nothing happens.
 */
export function lowerThreadPriority(): void {
  try {
    // PID/task/TID
    const [, , id] = readlinkSync('/proc/thread-self').split('/')
    if (id !== undefined) setPriority(Number(id), getPriority() + NICER_BY)
  } catch {
    // The file is missing, or it is not allowed. The thread works with its usual priority then.
  }
}
