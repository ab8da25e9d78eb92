import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
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

/**
 * Lowers the priority of the threads that V8 has beside those of JavaScript, for all of them together. They
 * compile, and collect garbage, mostly that of probes. Nothing happens if Node.js does not name them.
 */
export function lowerHelperPriority(): void {
  try {
    for (const id of readdirSync('/proc/self/task')) {
      const name = readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim()
      if (name === 'node-V8Worker') setPriority(Number(id), getPriority() + NICER_BY)
    }
  } catch {
    // As above.
  }
}
