import { parseArgs } from 'node:util'
import { check } from './check.ts'
import { mutate, pump, type Random, randomFrom, SEEDS } from './mutate.ts'
import { keepRegression } from './regressions.ts'
import { TARGETS } from './targets.ts'

// Feeds hostile bytes to every parser of what a device says: `npm run fuzz -- --seconds 60`. What breaks one is
// made small and kept in test/netconf/regressions/, where the unit tests replay it; exits with 1 then.

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    /** The same seed gives the same inputs. */
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
})
const random = randomFrom(Number(values.seed))
const endsAt = performance.now() + Number(values.seconds) * 1000

const PUMPED_BYTES = 262_144
const PUMPED_PIECE_BYTES = 6
const ONE_PUMPED_IN = 200
const MAX_PARENT_BYTES = 4096
const MAX_CORPUS = 2000
/** Enough to make a finding readable; each step runs the target again. */
const MAX_SHRINK_STEPS = 2000
/** Findings of one kind tell the same; the first of them is kept. */
const found = new Set<string>()

/** Where the input is cut into pieces: as a rule in few places, now and then all over, for what a piece costs. */
function cutsFor(length: number): number[] {
  const isPumped = length > PUMPED_BYTES
  if (random(isPumped ? 2 : 50) > 0) return Array.from({ length: random(6) }, () => random(length + 1))
  const size = isPumped ? PUMPED_PIECE_BYTES : 1
  return Array.from({ length: Math.ceil(length / size) }, (_, index) => index * size)
}

/** Takes pieces away for as long as what is left breaks the target too. */
async function shrink(target: string, bytes: Buffer, cuts: readonly number[]): Promise<Buffer> {
  let smallest = bytes
  let size = bytes.length >> 1
  for (let steps = 0; size > 0 && steps < MAX_SHRINK_STEPS; size >>= 1) {
    for (let at = 0; at < smallest.length && steps < MAX_SHRINK_STEPS; steps += 1) {
      const candidate = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + size)])
      if ('broken' in (await check(target, candidate, cuts))) smallest = candidate
      else at += size
    }
  }
  return smallest
}

async function report(target: string, bytes: Buffer, cuts: number[], why: string): Promise<void> {
  const kind = `${target} ${why.replace(/\d+/g, '0')}`
  if (found.has(kind)) return
  found.add(kind)
  const smallest = await shrink(target, bytes, cuts)
  const path = keepRegression({ target, why, bytes: smallest.toString('base64'), cuts })
  process.stdout.write(`${target}: ${why}\n  ${smallest.length} bytes kept in ${path}\n`)
}

/** Inputs by target that gave an answer of a new kind: the next ones grow from them. */
const corpora = new Map(Object.keys(TARGETS).map((target) => [target, [...SEEDS]]))
const kinds = new Map(Object.keys(TARGETS).map((target) => [target, new Set<string>()]))

function grow(random: Random, corpus: readonly Buffer[]): Buffer {
  const parent = corpus[random(corpus.length)] ?? Buffer.alloc(0)
  if (random(ONE_PUMPED_IN) === 0) return pump(random, parent, PUMPED_BYTES)
  return mutate(random, parent, corpus)
}

let inputs = 0
let bytesFed = 0
let slowestMsPerMib = 0
for (let now = performance.now(); now < endsAt; now = performance.now()) {
  for (const [target, corpus] of corpora) {
    const bytes = grow(random, corpus)
    const cuts = cutsFor(bytes.length)
    const begun = performance.now()
    const verdict = await check(target, bytes, cuts)
    if (bytes.length > PUMPED_BYTES) {
      slowestMsPerMib = Math.max(slowestMsPerMib, ((performance.now() - begun) * 1_048_576) / bytes.length)
    }
    inputs += 1
    bytesFed += bytes.length
    if ('broken' in verdict) {
      await report(target, bytes, cuts, verdict.broken)
    } else if (!kinds.get(target)?.has(verdict.kind)) {
      kinds.get(target)?.add(verdict.kind)
      if (bytes.length < MAX_PARENT_BYTES && corpus.length < MAX_CORPUS) corpus.push(bytes)
    }
  }
}

const summary = Array.from(kinds, ([target, { size }]) => `  ${target.padEnd(16)}${String(size).padStart(5)}`)
process.stdout.write(
  `${inputs} inputs, ${(bytesFed / 1_048_576).toFixed(0)} MiB, seed ${values.seed}; ` +
    `slowest of the long ones ${slowestMsPerMib.toFixed(0)} ms/MiB; findings: ${found.size}\n` +
    `Kinds of answers seen:\n${summary.join('\n')}\n`,
)
if (found.size > 0) process.exitCode = 1
