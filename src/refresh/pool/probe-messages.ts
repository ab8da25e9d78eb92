import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import type { CapabilityListOnWire } from './probe-capability-lists.ts'

// What the pool and its threads say to each other. Structured clone is all the encoding there is: a task costs the
// API's thread some 2 µs and a report 5, credentials included.

/** What a thread is given to start with. */
export interface ThreadData {
  /** One number that the thread counts up: memory that is shared, so that a busy thread is told from a stalled one. */
  beats: Int32Array
  beatMs: number
}

/** To a thread: what was asked for in one turn. A probe is cancelled by its id, and answered all the same. */
export interface ProbeOrders {
  start: { id: number; task: ProbeTask }[]
  cancel: number[]
}

/** From a thread: how one probe ended, `bug` being the stack of what it threw. */
export type ProbeAnswer =
  | { id: number; report: ProbeReport & { capabilities: null }; list: CapabilityListOnWire | null }
  | { id: number; bug: string }
