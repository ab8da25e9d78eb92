import { expect, it } from 'vitest'
import { record } from '../../store/support/fixture.ts'
import { startApi } from '../../support/api-server.ts'
import { ask, dataOf } from '../../support/graphql-answer.ts'

const GROUPS = `query ($by: DeviceGrouping!, $filter: DeviceFilter, $first: Int) {
  groups(by: $by, filter: $filter, first: $first) { value summary { devices unprobed } }
}`

const RECORDS = [
  record('France/Lyon/r1', { region: 'EMEA', platform: 'junos' }),
  record('France/Lyon/r2', { region: 'EMEA', platform: 'iosxe' }),
  record('France/Nice/r3', { region: 'EMEA', platform: 'iosxe' }),
  record('Chad/Hq/r4', { platform: null }),
]

const group = (value: string | null, devices: number) => ({ value, summary: { devices, unprobed: devices } })

it.each([
  ['REGION', [group('EMEA', 3), group(null, 1)]],
  ['COUNTRY', [group('France', 3), group('Chad', 1)]],
  ['SITE', [group('Lyon', 2), group('Hq', 1), group('Nice', 1)]],
  ['PLATFORM', [group('iosxe', 2), group('junos', 1), group(null, 1)]],
  ['VENDOR', [group(null, 4)]],
  ['MODEL', [group(null, 4)]],
  ['OS_VERSION', [group(null, 4)]],
  ['OUTCOME', [group(null, 4)]],
  ['PHASE', [group(null, 4)]],
  ['CREDENTIAL', [group(null, 4)]],
])('counts devices by %s, the largest group first', async (by, groups) => {
  const { url } = await startApi(RECORDS)
  expect(await dataOf(url, GROUPS, { by })).toEqual({ groups })
})

it('counts only the devices that match, and returns no more groups than are asked for', async () => {
  const { url } = await startApi(RECORDS)
  const filter = { site: { country: { name: { eq: 'France' } } } }
  expect(await dataOf(url, GROUPS, { by: 'SITE', filter, first: 1 })).toEqual({ groups: [group('Lyon', 2)] })
})

it('refuses a number of groups that is out of range', async () => {
  const { url } = await startApi(RECORDS)
  const { errors } = await ask(url, GROUPS, { by: 'SITE', first: 0 })
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT')
})
