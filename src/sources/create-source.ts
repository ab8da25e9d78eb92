import type { SourceConfig } from '../config/schema.ts'
import { FileSource } from './file-source.ts'
import type { InventorySource } from './source.ts'

/** The source that an entry of the configuration describes; records that name no port get `defaultPort`. */
export function createSource(
  config: SourceConfig,
  { defaultPort }: { defaultPort: number },
): InventorySource {
  return new FileSource({ name: config.name, path: config.path, fields: config.fields, defaultPort })
}
