import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import type { ProbeCredential } from '../../../src/netconf/report/probe-report.ts'

/** What a client is to probe. Plain data: it goes to its stdin as JSON. */
export interface ClientJob {
  devices: readonly { host: string; port: number }[]
  credential: ProbeCredential
  /** Devices at once. */
  concurrency: number
  /** Of one probe. */
  timeoutMs: number
  /** Only our own client can. */
  readFacts: boolean
  /** Threads of our own client. */
  workers: number
}

/** What it took, from when the client is loaded to the last outcome. */
export interface ClientResult {
  wallMs: number
  /** User and system time of all its threads. */
  cpuMs: number
  /** Resident memory, of the whole life of the process. */
  peakMemoryBytes: number
  /** How late timers of its main thread were; null for a client that is no Node.js. */
  loopDelay: { p50Ms: number; p99Ms: number; maxMs: number } | null
  outcomes: Record<string, number>
}

/** A program that reads a ClientJob from stdin and prints a ClientResult. */
export interface Client {
  command: string
  args: readonly string[]
}

/** Runs a client in a new process, so that its CPU and memory are its own. */
export async function runClient({ command, args }: Client, job: ClientJob): Promise<ClientResult> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  // The end of the client, if it comes too early, is told by its exit code.
  child.stdin.on('error', () => undefined)
  child.stdin.end(JSON.stringify(job))
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`The client ${[command, ...args].join(' ')} ended with exit code ${code}.`)
  // The other side of this pipe is one of our own clients.
  return JSON.parse(output) as ClientResult
}
