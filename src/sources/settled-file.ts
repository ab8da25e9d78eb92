import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { abortable } from '../base/abortable.ts'
import type { Clock } from '../base/clock.ts'
import { sourceFailure } from './source.ts'

/** A file that was written to less than this time ago may be incomplete. */
const SETTLE_MS = 2_000
/** How long a fetch waits for a file to settle. */
const MAX_WAIT_MS = 30_000

const ADVICE = 'have it written under another name and renamed when it is complete'

/** The state of a file. If it is the same twice, nobody has written to the file in between. */
interface FileState {
  inode: bigint
  size: bigint
  /** When its content last changed, in nanoseconds. `changed` is when its content, name or owner did. */
  written: bigint
  changed: bigint
}

/** A regular file that is open for reading and that nobody seems to write to. */
export interface SettledFile {
  handle: FileHandle
  /** The size in bytes when it was opened. */
  size: bigint
  /** Rejects with a RollcallError (SOURCE_FAILED) if the file was written to since it was opened. */
  expectUnchanged(): Promise<void>
}

/**
 * Opens a file when nobody has written to it for two seconds, or at once if it was renamed after it was
 * written. The caller closes the handle. Rejects with a RollcallError (SOURCE_FAILED) if the file does not
 * settle within 30 s, with an error of the system, or with the signal's reason when it aborts.
 */
export async function openSettled(
  path: string,
  { subject, clock, signal }: { subject: string; clock: Clock; signal: AbortSignal },
): Promise<SettledFile> {
  let before: FileState | null = null
  for (let waitedMs = 0; ; ) {
    // Opening a pipe without a writer would block.
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
  // Reading a pipe or a device could wait, or continue, for ever.
  if (!found.isFile()) throw sourceFailure(subject, 'is not a regular file; name one.')
  return { inode: found.ino, size: found.size, written: found.mtimeNs, changed: found.ctimeNs }
}

function isSame(one: FileState, other: FileState): boolean {
  return one.inode === other.inode && one.size === other.size && one.written === other.written
}

/** Returns how long to wait until the file counts as complete, in milliseconds. */
function settlesWithin({ written, changed }: FileState, now: number): number {
  // If the file was renamed or got another owner after it was written, its writer was done.
  if (changed > written) return 0
  const ageMs = now - Number(written / 1_000_000n)
  // If our clock is behind that of a file server, the age is negative: wait for the whole time and look
  // again.
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
