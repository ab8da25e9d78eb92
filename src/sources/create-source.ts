import { type Clock, systemClock } from '../base/clock.ts'
import type { SourceAccess } from '../config/schema.ts'
import { plainText } from '../inventory/plain-text.ts'
import { FileSource } from './file-source.ts'
import { HttpSource } from './http-source.ts'
import { NetBoxSource } from './netbox-source.ts'
import { SolarWindsSource } from './solarwinds-source.ts'
import type { InventorySource } from './source.ts'

/**
 * Creates the source that an entry of the configuration describes. Records without a port get `defaultPort`.
 * `clock` times the limits and the pauses between tries.
 */
export function createSource(
  config: SourceAccess,
  { defaultPort, clock = systemClock }: { defaultPort: number; clock?: Clock },
): InventorySource {
  const aliases = Object.entries(config.countryAliases ?? {})
  const rules = {
    defaultPort,
    countryAliases: new Map(aliases.map(([name, country]) => [plainText(name), plainText(country)])),
  }
  switch (config.type) {
    case 'file':
      return new FileSource(config, { ...rules, clock })
    case 'http':
      return new HttpSource(config, { ...rules, clock })
    case 'netbox':
      return new NetBoxSource(config, { ...rules, clock })
    case 'solarwinds':
      return new SolarWindsSource(config, { ...rules, clock })
  }
}
