import { compileMatch } from '../../config/match.ts'
import type { Config } from '../../config/schema.ts'

/** The place of a device, which decides its region. */
export interface PlacedDevice {
  readonly site: string
  readonly country: string
}

/** Returns the function that tells who probes a device: a region, or `local`. */
export function compileRegions({
  devices,
  probers,
}: Pick<Config, 'devices' | 'probers'>): (device: PlacedDevice) => string {
  const rules = devices.region.map(({ region, ...match }) => ({ region, fits: compileMatch(match) }))
  return ({ site, country }) =>
    rules.find(({ fits }) => fits({ site, country, name: '', platform: null }))?.region ?? probers.default
}
