import type { KnownDevice } from '../../../src/inventory/diff.ts'

/** An active device of the source `global` in Paris, without a key; the given fields replace the defaults. */
export function knownDevice(
  fields: Pick<KnownDevice, 'id' | 'name' | 'address'> & Partial<KnownDevice>,
): KnownDevice {
  return {
    key: null,
    port: 830,
    site: 'Paris',
    country: 'France',
    region: null,
    platform: null,
    credential: null,
    lifecycle: 'ACTIVE',
    source: 'global',
    decommissionedBy: null,
    ...fields,
  }
}
