import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import type { CapabilityListOnWire } from './probe-capability-lists.ts'

// The messages between the pool and its threads. They are encoded by structured clone alone: on the API's
// thread, a task with its credential costs some 2 µs and a report 5 µs.

/** The data that a thread starts with. */
export interface ThreadData {
  /**
   * One number in shared memory that the thread counts up, so that a busy thread differs from a stalled one.
   */
  beats: Int32Array
  beatMs: number
}

/** To a thread: the orders of one turn of the event loop. A cancelled probe is answered, too. */
export interface ProbeOrders {
  start: { id: number; task: ProbeTask }[]
  cancel: number[]
}

/** From a thread: how one probe ended. `bug` is the stack of an exception. */
export type ProbeAnswer =
  | { id: number; report: ProbeReport & { capabilities: null }; list: CapabilityListOnWire | null }
  | { id: number; bug: string }
