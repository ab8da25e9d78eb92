import fc from 'fast-check'
import { identityKey } from '../../../src/inventory/identity.ts'
import { agreeOnRegions } from '../../../src/inventory/precedence.ts'
import type { InventoryRecord } from '../../../src/inventory/record.ts'

// Few values for each field, so that two inventories share many identities and keys.
const record: fc.Arbitrary<InventoryRecord> = fc.record({
  key: fc.constantFrom(null, 'k1', 'k2', 'k3', 'k4', 'k5'),
  name: fc.constantFrom('a', 'b', 'c'),
  address: fc.constantFrom('10.0.0.1', 'router.example'),
  port: fc.constantFrom(830, 22),
  site: fc.constantFrom('s', 'a'),
  country: fc.constantFrom('c', 'a'),
  region: fc.constantFrom(null, 'EMEA'),
  platform: fc.constantFrom(null, 'junos'),
  credential: fc.constantFrom(null, 'lab'),
})

/** What one source could give: each identity and each key once, one region for each country. */
export const records: fc.Arbitrary<InventoryRecord[]> = fc
  .uniqueArray(record, { selector: identityKey, maxLength: 12 })
  .map((list) => {
    const keys = new Set<string>()
    const unique = list.map((item) => {
      const isRepeated = item.key !== null && keys.has(item.key)
      keys.add(item.key ?? '')
      return isRepeated ? { ...item, key: null } : { ...item }
    })
    agreeOnRegions(unique)
    return unique
  })
