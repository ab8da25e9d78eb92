import { messageOf } from '../../src/base/errors.ts'
import { TARGETS } from './targets.ts'

/** What an input did to a target: how its answer is characterized, or which promise was broken. */
export type Verdict = { kind: string } | { broken: string }

/** Linear parsers need a tenth of it. */
const MAX_MS_PER_KIB = 1
/** What the engine may take for itself: compilation, garbage collection, another process's turn. */
const GRACE_MS = 60
/** Each target reads its input twice, once in pieces. */
const TRIES = 4

/** Runs one input; one that seems slow again, as it may have been the machine that was. */
export async function check(target: string, bytes: Buffer, cuts: readonly number[]): Promise<Verdict> {
  const run = TARGETS[target]
  if (run === undefined) return { broken: `there is no target ${target}` }
  const allowedMs = GRACE_MS + (bytes.length / 1024) * MAX_MS_PER_KIB
  let fastestMs = Number.POSITIVE_INFINITY
  for (let tries = 0; tries < TRIES && fastestMs > allowedMs; tries += 1) {
    const begun = performance.now()
    try {
      const kind = await run(bytes, cuts)
      fastestMs = Math.min(fastestMs, performance.now() - begun)
      if (fastestMs <= allowedMs) return { kind }
    } catch (problem) {
      return { broken: messageOf(problem) }
    }
  }
  return { broken: `${bytes.length} bytes took ${Math.round(fastestMs)} ms` }
}
