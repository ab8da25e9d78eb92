import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { DeviceFilter } from '../../../src/store/query/filters.ts'
import { type DeviceOrder, MAX_SELECTED } from '../../../src/store/query/page-plans.ts'
import { propertyRuns } from '../../support/property-runs.ts'
import { deviceFilter, plainDevice, plainSites } from '../support/arbitraries.ts'
import { fleetStore, numbered } from '../support/fleet-store.ts'
import { matchesDevice } from '../support/plain-filter.ts'
import type { PlainDevice } from '../support/plain-fleet.ts'

const ALIKE = {
  platform: null,
  vendor: null,
  model: null,
  osVersion: null,
  phase: null,
  keyChanged: null,
  credential: null,
  backOffUntil: null,
  lifecycle: 'ACTIVE',
  outcome: null,
  seenAt: 1,
  capabilities: null,
} as const

type Key = (string | number)[]

function keyOf(field: DeviceOrder['field'], device: PlainDevice): Key {
  const { id, name, address, site, probedAt, seenAt } = device
  switch (field) {
    case 'NAME':
      return [name, id]
    case 'ADDRESS':
      return [address, id]
    case 'SITE':
      return [site.name, site.id, name]
    case 'COUNTRY':
      return [site.country.name, site.name, name]
    case 'LAST_PROBED_AT':
      return [probedAt ?? -1, id]
    case 'LAST_SEEN_AT':
      return [seenAt, id]
  }
}

/** Texts in the order of their bytes. */
function compare(one: Key, other: Key): number {
  for (const [index, value] of one.entries()) {
    const against = other[index]
    if (value === against) continue
    const order =
      typeof value === 'number'
        ? value - Number(against)
        : Buffer.compare(Buffer.from(value), Buffer.from(String(against)))
    if (order !== 0) return order
  }
  return 0
}

/** What becomes of the fleet while somebody looks at a page: devices that change, or are new. */
type Change = { at: number; device: Omit<PlainDevice, 'id'> }

const walks = plainSites.chain((sites) => {
  const device = plainDevice(sites)
  return fc.record({
    devices: fc.array(device, { minLength: 20, maxLength: 40 }).map(numbered),
    changes: fc.array(fc.array(fc.record({ at: fc.nat(50), device }), { maxLength: 3 }), {
      minLength: 1,
      maxLength: 9,
    }),
  })
})

/** In place of the device at the position, or after the last; what would take the name of another at its site is left out. */
function changed(devices: readonly PlainDevice[], { at, device }: Change): PlainDevice | null {
  const id = devices[at]?.id ?? devices.length + 1
  const isHeld = devices.some(
    (other) => other.id !== id && other.site.id === device.site.id && other.name === device.name,
  )
  return isHeld ? null : { ...device, id }
}

const ORDERS = (['NAME', 'ADDRESS', 'SITE', 'COUNTRY', 'LAST_PROBED_AT', 'LAST_SEEN_AT'] as const).flatMap(
  (field) => (['ASC', 'DESC'] as const).map((direction) => ({ field, direction })),
)

it.each(ORDERS)(
  'pages by $field $direction have what did not change once, whatever changes meanwhile',
  async (orderBy) => {
    const { field, direction } = orderBy
    const sign = direction === 'ASC' ? 1 : -1
    await fc.assert(
      fc.asyncProperty(
        walks,
        fc.constantFrom(1, 3, 7),
        fc.boolean(),
        fc.option(deviceFilter, { freq: 2 }),
        async ({ devices, changes }, size, isForwards, given) => {
          const filter: DeviceFilter = given ?? {}
          await using fleet = await fleetStore(devices)
          const now = [...devices]
          const untouched = new Set(
            devices.filter((device) => matchesDevice(device, filter)).map(({ id }) => id),
          )
          const seen: number[] = []
          let last: Key | null = null
          let cursor: string | undefined
          for (let turn = 0, more = true; more; turn += 1) {
            const towards = isForwards ? sign : -sign
            const rest = now
              .filter((device) => matchesDevice(device, filter))
              .filter((device) => last === null || compare(keyOf(field, device), last) * towards > 0)
              .sort((one, other) => compare(keyOf(field, one), keyOf(field, other)) * towards)
            const wanted = rest.slice(0, size)
            const page = isForwards ? { first: size, after: cursor } : { last: size, before: cursor }
            const got = await fleet.store.devices.page({ filter, orderBy, page })
            const ids = got.items.map(({ id }) => id)
            expect(isForwards ? ids : ids.reverse()).toEqual(wanted.map(({ id }) => id))
            more = isForwards ? got.hasNextPage : got.hasPreviousPage
            expect(more).toBe(rest.length > size)
            seen.push(...ids)
            cursor = isForwards ? got.cursors.at(-1) : got.cursors[0]
            const end = wanted.at(-1)
            last = end ? keyOf(field, end) : last
            for (const change of changes[turn] ?? []) {
              const device = changed(now, change)
              if (!device) continue
              await fleet.writer.write([device])
              now[device.id - 1] = device
              untouched.delete(device.id)
            }
          }
          for (const id of untouched) expect(seen.filter((other) => other === id)).toHaveLength(1)
        },
      ),
      { numRuns: propertyRuns(1) },
    )
  },
)

it('pages are the same whether many or few devices match', async () => {
  const devices = Array.from({ length: MAX_SELECTED + 1_200 }, (_, index): PlainDevice => {
    const country = { id: 1 + (index % 7), name: `c${index % 7}`, region: null }
    const site = { id: 1 + (index % 70), name: `s${(index % 70) % 30}`, country }
    const name = `${index % 9 === 0 ? 'x' : 'r'}${(index * 37) % 1_000}-${Math.floor(index / 1_000)}`
    const probedAt = index % 3 === 0 ? null : index % 50
    return {
      ...ALIKE,
      id: index + 1,
      name,
      address: `a${index % 11}`,
      outcome: probedAt === null ? null : 'SUPPORTED',
      probedAt,
      site,
    }
  })
  await using fleet = await fleetStore(devices)
  const filter: DeviceFilter = {
    name: { startsWith: 'r' },
    probedBefore: 49,
    site: { not: { name: { eq: 's1' } } },
  }
  const wanted = devices.filter((device) => matchesDevice(device, filter))
  expect(wanted.length).toBeGreaterThan(MAX_SELECTED)
  for (const { field, direction } of ORDERS) {
    const keyed = wanted.map((device) => ({ id: device.id, key: keyOf(field, device) }))
    const sorted = keyed.sort((one, other) => compare(one.key, other.key)).map(({ id }) => id)
    const ids = direction === 'ASC' ? sorted : sorted.reverse()
    const orderBy = { field, direction }
    const first = await fleet.store.devices.page({ filter, orderBy, page: { first: 1_500 } })
    const after = await fleet.store.devices.page({
      filter,
      orderBy,
      page: { first: 700, after: first.cursors.at(-1) },
    })
    const before = await fleet.store.devices.page({
      filter,
      orderBy,
      page: { last: 700, before: first.cursors.at(-1) },
    })
    const idsOf = ({ items }: typeof first) => items.map(({ id }) => id)
    expect(idsOf(first)).toEqual(ids.slice(0, 1_500))
    expect(idsOf(after)).toEqual(ids.slice(1_500, 2_200))
    expect(idsOf(before)).toEqual(ids.slice(799, 1_499))
  }
})
