import fc from 'fast-check'
import { expect, it } from 'vitest'
import { propertyRuns } from '../../support/property-runs.ts'
import { CREDENTIALS, type Step, Trial, type TrialLimits } from '../support/throttle-trial.ts'

const limits = fc.record({
  concurrency: fc.integer({ min: 1, max: 8 }),
  perSite: fc.integer({ min: 1, max: 4 }),
  perCredential: fc.integer({ min: 1, max: 6 }),
  perRegion: fc.integer({ min: 1, max: 7 }),
  startsPerSecond: fc.constantFrom(40, 100, 333, 1_000, 5_000),
})

const someJob = fc.record({
  siteId: fc.integer({ min: 1, max: 5 }),
  credential: fc.constantFrom(...CREDENTIALS),
  region: fc.constantFrom('EMEA', 'APAC'),
  group: fc.integer({ min: 1, max: 3 }),
  durationMs: fc.nat(60),
})

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ add: fc.array(someJob, { maxLength: 15 }) }) },
  fc.record({
    credential: fc.constantFrom(...CREDENTIALS),
    limit: fc.constantFrom(0, 1, 2, 5, Number.POSITIVE_INFINITY),
  }),
  fc.record({ take: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ pause: fc.boolean() }),
)

const scenario = fc.record({
  limits,
  steps: fc.array(fc.record({ step, thenMs: fc.nat(60) }), { maxLength: 12 }),
})

async function trial({ limits, steps }: { limits: TrialLimits; steps: { step: Step; thenMs: number }[] }) {
  const done = new Trial(limits)
  for (const { step, thenMs } of steps) await done.do(step, thenMs)
  await done.finish()
  return done
}

it('keeps every budget, leaves no room unused, lets sites take turns, and runs each job once', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      const { started, taken, added } = await trial(given)
      const seen = [...started.map(({ job }) => job), ...taken]
      expect(seen).toHaveLength(added)
      expect(new Set(seen).size).toBe(added)
    }),
    { numRuns: propertyRuns(20) },
  )
})

it('starts the same jobs in the same order at the same times', async () => {
  const order = async (given: Parameters<typeof trial>[0]) =>
    (await trial(given)).started.map(({ job, at }) => [job.number, at])
  await fc.assert(
    fc.asyncProperty(scenario, async (given) => {
      expect(await order(given)).toEqual(await order(given))
    }),
    { numRuns: propertyRuns(5) },
  )
})
