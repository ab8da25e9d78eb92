import fc from 'fast-check'
import { PROBE_OUTCOMES, PROBE_PHASES } from '../../../src/netconf/outcome/outcome.ts'
import type {
  CapabilityFilter,
  CountryFilter,
  DeviceFilter,
  SiteFilter,
  StringFilter,
} from '../../../src/store/query/filters.ts'
import { FILTER_CASES } from './filter-cases.ts'
import type { PlainDevice } from './plain-fleet.ts'

/** What filters must take literally, and orders put where UTF-8 has it: U+FFFD is before U+10000 there, and after it in UTF-16. */
const HOSTILE = [
  '',
  '%',
  '_',
  "'",
  '"',
  '\\',
  '😀',
  '😀1',
  'é',
  'e\u0301',
  '\u0301',
  '\ufffd',
  '\u{10ffff}',
  '\ud7ff',
  '\ue000',
]

function literals(filter: unknown): string[] {
  if (typeof filter === 'string') return [filter]
  return typeof filter === 'object' && filter !== null ? Object.values(filter).flatMap(literals) : []
}

const FROM_CASES = [...new Set([...FILTER_CASES.values()].flat().flatMap(literals))]

/** Few texts, so that devices and filters meet, and many that are alike but for their ends. */
const text = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...FROM_CASES) },
  { weight: 3, arbitrary: fc.constantFrom(...HOSTILE) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.constantFrom(...HOSTILE), fc.constantFrom(...HOSTILE, 'r1'))
      .map((both) => both.join('')),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 5 }) },
  { weight: 1, arbitrary: fc.constantFrom('x'.repeat(255), `${'x'.repeat(254)}y`) },
)
/** SQLite would end a text at U+0000, and PostgreSQL refuses it; checked records hold none. */
const storedText = text.map((value) => value.replaceAll('\0', ''))
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { freq: 3 })
const revision = fc.constantFrom('2014-05-08', '2018-01-01', '2018-02-20')

const capabilities = fc.uniqueArray(
  fc.record({ uri: storedText, module: maybe(storedText), revision: maybe(revision) }),
  { maxLength: 3, selector: ({ uri }) => uri },
)

/** A device at one of these sites. Its id is to be given. */
export function plainDevice(sites: readonly PlainDevice['site'][]): fc.Arbitrary<Omit<PlainDevice, 'id'>> {
  return fc
    .record({
      name: storedText,
      address: storedText,
      platform: maybe(storedText),
      vendor: maybe(storedText),
      model: maybe(storedText),
      osVersion: maybe(storedText),
      lifecycle: fc.constantFrom('ACTIVE' as const, 'ACTIVE' as const, 'DECOMMISSIONED' as const),
      outcome: maybe(fc.constantFrom(...PROBE_OUTCOMES, 'SUPPORTED' as const)),
      phase: fc.constantFrom(...PROBE_PHASES),
      keyChanged: maybe(fc.boolean()),
      credential: maybe(fc.constantFrom('a', 'b', 'x')),
      backOffUntil: maybe(fc.constantFrom(499, 500, 501, 600, 601)),
      probedAt: fc.constantFrom(0, 499, 500, 501),
      seenAt: fc.constantFrom(1, 2, 3),
      capabilities: maybe(capabilities),
      site: fc.constantFrom(...sites),
    })
    .map((device) => ({ ...device, ...(device.outcome === null && { probedAt: null, phase: null }) }))
}

/** Some sites in some countries; names of sites come again in other countries. */
export const plainSites: fc.Arbitrary<PlainDevice['site'][]> = fc
  .tuple(
    fc.uniqueArray(fc.tuple(storedText, maybe(storedText)), {
      minLength: 2,
      maxLength: 5,
      selector: ([name]) => name,
    }),
    fc.uniqueArray(storedText, { minLength: 2, maxLength: 4 }),
  )
  .map(([countries, names]) =>
    countries.flatMap(([name, region], index) =>
      names.map((site, place) => ({
        id: 1 + index * names.length + place,
        name: site,
        country: { id: index + 1, name, region },
      })),
    ),
  )

const textFilter: fc.Arbitrary<StringFilter> = fc.oneof(
  ...(['eq', 'contains', 'startsWith'] as const).map((operator) =>
    text.map((value) => ({ [operator]: value })),
  ),
  fc.array(text, { maxLength: 3 }).map((list) => ({ in: list })),
  fc.record({ startsWith: text, contains: text, eq: fc.constant(null) }),
)
const optional = { requiredKeys: [] }

const countryFilter = fc.letrec<{ filter: CountryFilter }>((tie) => ({
  filter: nested(fc.record({ name: textFilter, region: textFilter }, optional), tie('filter')),
})).filter
export const siteFilter = fc.letrec<{ filter: SiteFilter }>((tie) => ({
  filter: nested(fc.record({ name: textFilter, country: countryFilter }, optional), tie('filter')),
})).filter
const capabilityFilter: fc.Arbitrary<CapabilityFilter> = fc.record(
  { uri: textFilter, module: textFilter, minRevision: revision },
  optional,
)

export const deviceFilter = fc.letrec<{ filter: DeviceFilter }>((tie) => ({
  filter: nested(
    fc.oneof(
      fc.constantFrom(...[...FILTER_CASES.values()].flat()),
      fc.record(
        {
          ids: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 20 }),
          name: textFilter,
          address: textFilter,
          platform: textFilter,
          vendor: textFilter,
          model: textFilter,
          osVersion: textFilter,
          lifecycle: fc.constantFrom('ACTIVE' as const, 'DECOMMISSIONED' as const, null),
          netconfSupported: fc.boolean(),
          outcome: fc.subarray([...PROBE_OUTCOMES]),
          phase: fc.subarray([...PROBE_PHASES]),
          hostKeyChanged: fc.boolean(),
          probedBefore: fc.constantFrom(-1, 0, 1, 500, 501),
          hasCapability: capabilityFilter,
          lacksCapability: capabilityFilter,
          site: siteFilter,
        },
        optional,
      ),
    ),
    tie('filter'),
  ),
})).filter

function nested<F extends object>(own: fc.Arbitrary<NoInfer<F>>, filter: fc.Arbitrary<F>): fc.Arbitrary<F> {
  return fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    own,
    fc.tuple(own, fc.array(filter, { maxLength: 3 })).map(([fields, or]) => ({ ...fields, or })),
    fc.tuple(own, filter).map(([fields, not]) => ({ ...fields, not })),
  )
}
