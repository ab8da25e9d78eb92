import { AsyncLocalStorage } from 'node:async_hooks'
import type { Closable } from './close.ts'

/**
 * The name of a span as the header `traceparent` of W3C Trace Context has it: `00-TRACE-SPAN-FLAGS` in hex.
 */
export type TraceParent = string

type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** A part of a trace: something that took some time. */
export interface Span {
  /** The parent of the spans within it, also in another process. */
  readonly traceParent: TraceParent
  /** Whether it is sampled. If not, neither are the spans within it. */
  readonly isRecorded: boolean
  set(attributes: SpanAttributes): void
  /** @param at epoch milliseconds. Default: now */
  end(options?: { at?: number; isFailure?: boolean }): void
}

/** Makes spans and sends them to where traces are collected. */
export interface Tracing extends Closable {
  /** The share of probes that get a span if their refresh has one, from 0 to 1. */
  readonly probes: number
  /** Whether spans are still on their way after `close`. They keep the process alive until they time out. */
  isStuck(): boolean
  start(
    name: string,
    options: {
      /** Without a parent, a trace begins. One that is malformed counts as none. */
      parent?: TraceParent | undefined
      /** Whether it is the answer to a request from outside. Default: false. */
      isServer?: boolean
      attributes?: SpanAttributes
      /** Epoch milliseconds. Default: now. */
      startedAt?: number
    },
  ): Span
}

/** The tracer of a process and the span of the present call; null if traces are off. */
let active: { tracing: Tracing; current: AsyncLocalStorage<TraceParent> } | null = null

/** Turns traces on for this process, or off with null. To be called before spans are made. */
export function useTracing(tracing: Tracing | null): void {
  active = tracing && { tracing, current: new AsyncLocalStorage() }
}

/** Returns what this process traces with; null if traces are off. */
export function tracing(): Tracing | null {
  return active?.tracing ?? null
}

/** Calls `work` within a span: `currentTraceParent` returns that for all that it does, also later. */
export function withinSpan<T>({ traceParent }: Span, work: () => T): T {
  return active === null ? work() : active.current.run(traceParent, work)
}

export function currentTraceParent(): TraceParent | undefined {
  return active?.current.getStore()
}
