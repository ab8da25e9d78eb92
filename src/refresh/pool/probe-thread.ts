import { parentPort, workerData } from 'node:worker_threads'
import { lowerThreadPriority } from '../../base/thread-priority.ts'
import { probe } from '../../netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'
import {
  CapabilityListSender,
  type ProbeAnswer,
  type ProbeOrders,
  type ThreadData,
} from './probe-messages.ts'

// The main file of a probe thread, which `ProbeThread` starts. Its only state is the probes in flight. Every
// import adds to the start-up time and memory of each thread.

/** The probes started in one turn, so that thousands of orders at once do not block the event loop. */
const STARTS_PER_TURN = 64
const LATENESS_EVERY_MS = 50
/**
 * The time that an answer waits for others. A message costs the API's thread more than its content. Besides,
 * that thread is woken while this one holds the lock of the port, and may wait until this one, whose priority
 * is lower, runs again. A slot of the throttle is free as much later.
 */
const GATHER_MS = 20

if (parentPort === null) throw new Error('This file is the main file of a worker thread.')
const port = parentPort

// The data comes from probe-thread-handle.ts only.
const { beats, beatMs } = workerData as ThreadData
const lists = new CapabilityListSender()
const inFlight = new Map<number, AbortController>()
const waiting: (() => void)[] = []
let answers: ProbeAnswer[] = []
let sending: NodeJS.Timeout | undefined

port.on('message', ({ start, cancel }: ProbeOrders) => {
  const isStarting = waiting.length > 0
  for (const { id, task } of start) {
    const controller = new AbortController()
    inFlight.set(id, controller)
    waiting.push(() => void run(id, task, controller.signal))
  }
  if (!isStarting) startSome()
  for (const id of cancel) inFlight.get(id)?.abort()
})

function startSome(): void {
  for (const start of waiting.splice(0, STARTS_PER_TURN)) start()
  if (waiting.length > 0) setImmediate(startSome)
}

async function run(id: number, task: ProbeTask, signal: AbortSignal): Promise<void> {
  let hasVerdict = false
  const onVerdict = (report: ProbeReport) => {
    hasVerdict = true
    answer(answerOf(id, report, { isClosed: false }))
  }
  try {
    const report = await probe(task, signal, { onVerdict })
    inFlight.delete(id)
    answer(hasVerdict ? { id, isClosed: true } : answerOf(id, report, { isClosed: true }))
  } catch (bug) {
    inFlight.delete(id)
    answer({ id, bug: (bug instanceof Error && bug.stack) || String(bug) })
  }
}

function answerOf(id: number, report: ProbeReport, { isClosed }: { isClosed: boolean }): ProbeAnswer {
  const { capabilities } = report
  const list = capabilities === null ? null : lists.encode(capabilities)
  return { id, report: { ...report, capabilities: null }, list, isClosed }
}

function answer(each: ProbeAnswer): void {
  answers.push(each)
  // If no other probe is in flight, no other answer is expected.
  if (inFlight.size === 0) send()
  else sending ??= setTimeout(send, GATHER_MS)
}

function send(): void {
  clearTimeout(sending)
  sending = undefined
  port.postMessage(answers)
  answers = []
}

/** Publishes how late timers are: the time that a probe waits for the processor at each of its steps. */
function measureLateness(): void {
  let dueAt = performance.now() + LATENESS_EVERY_MS
  setInterval(() => {
    const now = performance.now()
    Atomics.store(beats, 1, Math.max(0, now - dueAt))
    dueAt = now + LATENESS_EVERY_MS
  }, LATENESS_EVERY_MS)
}

lowerThreadPriority()
measureLateness()
setInterval(() => Atomics.add(beats, 0, 1), beatMs)
Atomics.add(beats, 0, 1)
