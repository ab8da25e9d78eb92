/**
 * Returns how many random cases a property is tried on: `usual` in `npm test`, many times that in `npm run test:slow`,
 * which sets PROPERTY_RUNS_FACTOR.
 */
export function propertyRuns(usual: number): number {
  return usual * Number(process.env.PROPERTY_RUNS_FACTOR ?? 1)
}
