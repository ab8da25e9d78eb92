import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'
import { realPath } from '../store/sqlite/database-files.ts'
import type { ReloadResult } from './reloads.ts'

/** What `rollcall reload` reads about the gateway that uses a SQLite database. */
export interface GatewayProcess {
  pid: number
  /** When the system started it, as the system writes it; null if it does not tell. */
  startTime: string | null
  /** How often it has read its configuration again. */
  reloads: number
  /** What the last time has brought; null before the first. */
  last: ReloadResult | null
}

/** The file beside a SQLite database that names the process of the gateway. It holds no secret. */
export class ProcessFile {
  readonly #path: string
  readonly #log: Logger
  #state: GatewayProcess

  constructor(database: string, log: Logger) {
    this.#path = pathFor(database)
    this.#log = log
    this.#state = { pid: process.pid, startTime: startTimeOf(process.pid), reloads: 0, last: null }
    this.#write()
  }

  /** Tells `rollcall reload` what it has brought. */
  note(last: ReloadResult): void {
    this.#state = { ...this.#state, reloads: this.#state.reloads + 1, last }
    this.#write()
  }

  remove(): void {
    rmSync(this.#path, { force: true })
  }

  /**
   * Readers find the file as it was or as it is, and never a part of it. The gateway does without, if the
   * file cannot be written.
   */
  #write(): void {
    const beside = `${this.#path}~`
    try {
      writeFileSync(beside, JSON.stringify(this.#state), { mode: 0o600 })
      renameSync(beside, this.#path)
    } catch (failure) {
      const problem = `\`rollcall reload\` does not work (${messageOf(failure)}); send a SIGHUP instead`
      this.#log.warn({ event: 'process.file_failed' }, problem)
    }
  }
}

/** Returns the gateway that uses a database; null if none does. */
export function gatewayProcess(database: string): GatewayProcess | null {
  let state: GatewayProcess | null
  try {
    state = JSON.parse(readFileSync(pathFor(database), 'utf8'))
  } catch {
    return null
  }
  return state !== null && isProcessId(state.pid) && isAlive(state) ? state : null
}

/** Other numbers stand for groups of processes: a signal to -1 reaches every process of the user. */
function isProcessId(pid: unknown): boolean {
  return Number.isSafeInteger(pid) && Number(pid) > 0
}

/** A gateway that was killed leaves its file behind, and another process may have its id. */
function isAlive({ pid, startTime }: GatewayProcess): boolean {
  const now = startTimeOf(pid)
  if (now !== null && startTime !== null) return now === startTime
  try {
    process.kill(pid, 0)
    return true
  } catch (failure) {
    return failure instanceof Error && 'code' in failure && failure.code === 'EPERM'
  }
}

function pathFor(database: string): string {
  return `${realPath(database)}-process`
}

/** The 22nd field of /proc/PID/stat (proc(5)). The second one, a name in parentheses, may hold blanks. */
function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}
