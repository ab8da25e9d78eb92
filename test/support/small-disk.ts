import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { onTestFinished, type TestContext } from 'vitest'
import { systemCodeOf } from '../../src/base/errors.ts'

const run = promisify(execFile)

export interface SmallDisk {
  folder: string
  /** Leaves not a byte, once more where something has been removed since. */
  fill(): Promise<void>
  /** Gives back what `fill` has taken. */
  free(): Promise<void>
}

/**
 * A disk of so many MiB, gone with the test; whatever is opened on it must be closed by a hook that is registered later.
 * Skips the test where this user may not mount one.
 */
export async function smallDisk(context: TestContext, mebibytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-disk-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder])
  } catch (failure) {
    await rmdir(folder)
    context.skip(`needs a disk of its own, which cannot be mounted here: ${failure}`)
  }
  onTestFinished(async () => {
    await run('umount', [folder])
    await rmdir(folder)
  })
  const filler = join(folder, 'filler')
  return {
    folder,
    fill: () => fillWith(filler),
    free: () => rm(filler),
  }
}

async function fillWith(path: string): Promise<void> {
  const file = await open(path, 'a')
  try {
    for (let size = 65_536; size >= 1; ) {
      try {
        await file.write(Buffer.alloc(size))
      } catch (failure) {
        if (systemCodeOf(failure) !== 'ENOSPC') throw failure
        size = Math.floor(size / 16)
      }
    }
  } finally {
    await file.close()
  }
}
