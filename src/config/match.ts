import { compileGlob, type Glob } from '../base/glob.ts'
import type { Match } from './schema.ts'

/** What of a device a `match` looks at. */
interface MatchedDevice {
  platform: string | null
  country: string
  site: string
  name: string
}

const PARTS = ['platform', 'country', 'site', 'name'] as const

/** Whether a device fits every glob that is given; no glob at all (or null) fits every device. */
export function compileMatch(match: Match | null): (device: MatchedDevice) => boolean {
  const globs = PARTS.flatMap((part): { part: (typeof PARTS)[number]; fits: Glob }[] => {
    const pattern = match?.[part]
    return pattern === undefined ? [] : [{ part, fits: compileGlob(pattern) }]
  })
  return (device) => globs.every(({ part, fits }) => fits(device[part]))
}
