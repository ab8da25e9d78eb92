import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { abortable } from '../base/abortable.ts'
import type { Clock } from '../base/clock.ts'
import { sourceFailure } from './source-failure.ts'

/** A file that was written to within this time may not be complete yet. */
const SETTLE_MS = 2_000
/** How long a fetch waits for a file in all. */
const MAX_WAIT_MS = 30_000

const ADVICE = 'have it written under another name and renamed when it is complete'

/** Two equal states of a file mean that nobody has written to it between them. */
interface FileState {
  inode: bigint
  size: bigint
  /** When its content was last changed, in nanoseconds; `changed`: that or its name. */
  written: bigint
  changed: bigint
}

/** A regular file that is open for reading, and that nobody seems to write to. */
export interface SettledFile {
  handle: FileHandle
  /** In bytes, when it was opened. */
  size: bigint
  /** Rejects with a RollcallError (SOURCE_FAILED) if the file was written to since it was opened. */
  expectUnchanged(): Promise<void>
}

/**
 * Opens a file once nobody has written to it for two seconds; at once if it was renamed after it had been written. Rejects
 * with a RollcallError (SOURCE_FAILED) if that does not happen within 30 s, with an error of the system, and with the
 * signal's reason once aborted. It is for the caller to close the handle.
 */
export async function openSettled(
  path: string,
  { subject, clock, signal }: { subject: string; clock: Clock; signal: AbortSignal },
): Promise<SettledFile> {
  let before: FileState | null = null
  for (let waitedMs = 0; ; ) {
    // A pipe without a writer would hold up who opens it.
    const handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
    let pauseMs: number
    try {
      const state = await stateOf(handle, subject)
      pauseMs = before !== null && isSame(before, state) ? 0 : settlesWithin(state, clock.now())
      if (pauseMs === 0) return settled(handle, state, subject)
      before = state
    } catch (failure) {
      await handle.close()
      throw failure
    }
    await handle.close()
    if (waitedMs >= MAX_WAIT_MS) {
      throw sourceFailure(subject, `is still being written after ${MAX_WAIT_MS / 1_000} s; ${ADVICE}.`)
    }
    await pause(pauseMs, clock, signal)
    waitedMs += pauseMs
  }
}

async function stateOf(handle: FileHandle, subject: string): Promise<FileState> {
  const found = await handle.stat({ bigint: true })
  // Reading a pipe or a device could wait, or go on, for ever.
  if (!found.isFile()) throw sourceFailure(subject, 'is not a regular file; name one.')
  return { inode: found.ino, size: found.size, written: found.mtimeNs, changed: found.ctimeNs }
}

function isSame(one: FileState, other: FileState): boolean {
  return one.inode === other.inode && one.size === other.size && one.written === other.written
}

/** How long to wait before the file can be taken for complete, in milliseconds. */
function settlesWithin({ written, changed }: FileState, now: number): number {
  // What was renamed, or given another owner, after it was written, is what its writer was done with.
  if (changed > written) return 0
  const ageMs = now - Number(written / 1_000_000n)
  // With a clock that is behind that of the file server, a look after the whole time must tell.
  return Math.min(SETTLE_MS, Math.max(0, SETTLE_MS - ageMs))
}

function settled(handle: FileHandle, state: FileState, subject: string): SettledFile {
  return {
    handle,
    size: state.size,
    async expectUnchanged() {
      if (isSame(state, await stateOf(handle, subject))) return
      throw sourceFailure(subject, `was written to while it was read; ${ADVICE}, and sync again.`)
    },
  }
}

async function pause(delayMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(delayMs, resolve)
  try {
    await abortable(promise, signal)
  } finally {
    cancel()
  }
}
