import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { DeviceFacts } from '../../../src/netconf/report/probe-report.ts'
import type { ChangeRow } from '../../../src/store/results/change-store.ts'
import type { Store } from '../../../src/store/store.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { FIRST_TRY, idsByName, newStore, record, report, sync } from '../support/fixture.ts'

const URIS = ['urn:a', 'urn:b', 'urn:m?module=m', 'urn:n?module=n']
const text = fc.constantFrom('x', 'y', null)

const step = fc.oneof(
  // What the source says of the device; null where it does not list it.
  fc.record({
    listed: fc.option(
      fc.record({
        address: fc.constantFrom('192.0.2.1', '192.0.2.2'),
        port: fc.constantFrom(830, 22),
        platform: text,
        credential: text,
      }),
    ),
  }),
  // The results of one batch.
  fc.record({
    probes: fc.array(
      fc.record({
        outcome: fc.constantFrom('SUPPORTED', 'TIMEOUT', 'CANCELLED'),
        capabilities: fc.subarray(URIS),
        library: fc.constantFrom('read', 'unanswered', null),
        facts: fc.option(
          fc.record({
            hostname: text,
            vendor: text,
            model: text,
            osVersion: text,
            serialNumber: text,
            readFrom: fc.constantFrom('one', 'other'),
          }),
        ),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  }),
)

type Fields = Record<string, string | null>
interface State {
  fields: Fields
  capabilities: readonly string[] | null
  facts: Omit<DeviceFacts, 'readFrom'> | null
}

const RECORD_FIELDS = ['address', 'port', 'platform', 'credential', 'lifecycle'] as const
const FACT_FIELDS = ['hostname', 'vendor', 'model', 'osVersion', 'serialNumber'] as const

/** As the store has it now. */
async function present(store: Store, id: number): Promise<State> {
  const [device] = await store.devices.byIds([id])
  const [set] = await store.capabilities.byIds([device?.capabilitySetId ?? 0])
  const [facts] = await store.facts.ofDevices([id])
  return {
    fields: Object.fromEntries(RECORD_FIELDS.map((field) => [field, device?.[field]?.toString() ?? null])),
    capabilities: set?.uris ?? null,
    facts: facts
      ? (Object.fromEntries(FACT_FIELDS.map((field) => [field, facts[field]])) as State['facts'])
      : null,
  }
}

/** What a device says once an entry of the log has happened to it; every `before` must be what it said until then. */
function replayed(state: State, { action, fields }: ChangeRow): State {
  const capabilities = new Set(state.capabilities)
  const told: Fields = { ...state.fields, ...state.facts }
  for (const { field, before, after } of fields) {
    if (action === 'CAPABILITIES_CHANGED') {
      if (before !== null) expect(capabilities.delete(before)).toBe(true)
      if (after !== null) expect(capabilities.size).toBeLessThan(capabilities.add(after).size)
    } else {
      expect(told[field] ?? null).toBe(before)
      told[field] = after
    }
  }
  return {
    fields: Object.fromEntries(RECORD_FIELDS.map((field) => [field, told[field] ?? null])),
    capabilities: state.capabilities && [...capabilities].sort(),
    facts:
      state.facts &&
      (Object.fromEntries(FACT_FIELDS.map((field) => [field, told[field] ?? null])) as State['facts']),
  }
}

it('gives the present state of a device if it is replayed from its creation', async () => {
  const { store } = await newStore()
  let runs = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      runs += 1
      const name = `r${runs}`
      const source = `source ${runs}`
      await sync(store, [record(`France/Paris/${name}`), record(`France/Paris/other-${name}`)], { source })
      const id = (await idsByName(store))[name] ?? 0
      let state: State = { fields: { lifecycle: 'ACTIVE' }, capabilities: null, facts: null }
      let seen = 0
      for (const [index, given] of steps.entries()) {
        if ('listed' in given) {
          const listed = given.listed ? [record(`France/Paris/${name}`, given.listed)] : []
          await sync(store, [record(`France/Paris/other-${name}`), ...listed], { source })
        } else {
          const results = given.probes.map((fields) => ({
            refreshId: null,
            deviceId: id,
            ...FIRST_TRY,
            report: report({
              ...fields,
              startedAt: index,
              capabilities: fields.outcome === 'TIMEOUT' ? null : fields.capabilities.toSorted(),
            }),
          }))
          await store.probes.commitBatch(results)
        }
        const { items } = await store.changes.page({ deviceId: id, page: { first: 100 } })
        for (const entry of items.reverse().filter((each) => each.id > seen)) {
          state = replayed(state, entry)
          seen = entry.id
        }
        const now = await present(store, id)
        // What is first known of a device is no change.
        state = {
          ...state,
          capabilities: state.capabilities ?? now.capabilities,
          facts: state.facts ?? now.facts,
        }
        expect(state).toEqual(now)
      }
    }),
    { numRuns: propertyRuns(20) },
  )
})
