import { readdirSync, readFileSync, writeFileSync } from 'node:fs'

/** What a process has used, from /proc: only Linux has it. */
export interface ProcessUsage {
  /** User and system time of all threads, milliseconds. */
  cpuMs: number
  /** The same of its first thread alone: in a gateway, the thread of the API. */
  mainThreadCpuMs: number
  /** Resident memory in bytes. */
  memoryBytes: number
  /** The most that it was since the process began, or since `resetPeakMemory`. */
  peakMemoryBytes: number
}

/** Clock ticks of /proc: 100 a second on every architecture that Node.js runs on. */
const TICK_MS = 10

/** Null on other systems, where the tables then have a dash. */
export function usageOf(pid: number | 'self'): ProcessUsage | null {
  if (process.platform !== 'linux') return null
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const firstThread = pid === 'self' ? process.pid : pid
  return {
    cpuMs: cpuMsIn(readFileSync(`/proc/${pid}/stat`, 'utf8')),
    mainThreadCpuMs: cpuMsIn(readFileSync(`/proc/${pid}/task/${firstThread}/stat`, 'utf8')),
    memoryBytes: bytesIn(status, 'VmRSS'),
    peakMemoryBytes: bytesIn(status, 'VmHWM'),
  }
}

/** How many file descriptors a process has open; null on other systems. */
export function fileDescriptorsOf(pid: number): number | null {
  return process.platform === 'linux' ? readdirSync(`/proc/${pid}/fd`).length : null
}

/** User and system time of a process and of its children, also of ended ones; null on other systems. */
export function treeCpuMs(pid: number): number | null {
  if (process.platform !== 'linux') return null
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  const running = children === '' ? [] : children.split(' ')
  return [String(pid), ...running].reduce((sum, each) => sum + cpuMsOf(each), 0)
}

/** 0 for a process that has just ended: its parent has its time from then on. */
function cpuMsOf(pid: string): number {
  try {
    const fields = fieldsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    return [11, 12, 13, 14].reduce((sum, index) => sum + Number(fields[index]) * TICK_MS, 0)
  } catch {
    return 0
  }
}

/** From here on the peak is that of what follows. */
export function resetPeakMemory(pid: number): void {
  if (process.platform === 'linux') writeFileSync(`/proc/${pid}/clear_refs`, '5')
}

/** What to tell of a table with dashes; nothing on Linux. */
export function usageNotes(): string[] {
  if (process.platform === 'linux') return []
  return ['CPU and memory of other processes are read from /proc, which only Linux has.']
}

function cpuMsIn(stat: string): number {
  const fields = fieldsOf(stat)
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

/**
 * The fields from the third on: the second is the name, in parentheses, and may hold spaces. The 14th and 15th
 * are utime and stime, and those of ended children follow.
 */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function bytesIn(status: string, key: string): number {
  const [, kilobytes] = new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status) ?? []
  if (kilobytes === undefined) throw new Error(`/proc tells no ${key}.`)
  return Number(kilobytes) * 1024
}
