import { readdirSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'

/** What a process holds that a probe could leave behind. */
export interface Holdings {
  /** Null where the system does not tell. */
  fileDescriptors: number | null
  sockets: number
  timers: number
}

export function holdings(): Holdings {
  const resources = process.getActiveResourcesInfo()
  const count = (kinds: RegExp): number => resources.filter((name) => kinds.test(name)).length
  return {
    fileDescriptors: countFileDescriptors(),
    sockets: count(/^(TCP|Pipe)/),
    timers: count(/^(Timeout|Immediate)$/),
  }
}

/**
 * What the process holds beyond what it held `before`. Waits for at most fifty seconds: sockets are closed in the turns
 * after, and the test runner has a timer of its own, now and then.
 */
export async function heldSince(before: Holdings): Promise<Holdings> {
  const giveUpAt = performance.now() + 50_000
  for (;;) {
    const now = holdings()
    const more = (name: keyof Holdings): number => Math.max(0, (now[name] ?? 0) - (before[name] ?? 0))
    const held = {
      fileDescriptors: more('fileDescriptors'),
      sockets: more('sockets'),
      timers: more('timers'),
    }
    if (isDeepStrictEqual(held, NOTHING) || performance.now() > giveUpAt) return held
    await setImmediate()
  }
}

export const NOTHING: Holdings = { fileDescriptors: 0, sockets: 0, timers: 0 }

function countFileDescriptors(): number | null {
  try {
    return readdirSync('/proc/self/fd').length
  } catch {
    // Only Linux has it.
    return null
  }
}
