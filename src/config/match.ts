import { matchesGlob } from '../base/glob.ts'
import type { Match } from './schema.ts'

/** What of a device a `match` looks at. */
interface MatchedDevice {
  platform: string | null
  country: string
  site: string
  name: string
}

/** Whether a device fits every glob that is given; no glob at all (or null) fits every device. */
export function matches(match: Match | null, device: MatchedDevice): boolean {
  const fits = (glob: string | undefined, value: string | null) =>
    glob === undefined || matchesGlob(glob, value)
  return (
    match === null ||
    (fits(match.platform, device.platform) &&
      fits(match.country, device.country) &&
      fits(match.site, device.site) &&
      fits(match.name, device.name))
  )
}
