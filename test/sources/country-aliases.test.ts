import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createSource } from '../../src/sources/create-source.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { writeSettled } from '../support/settled-file.ts'

const never = new AbortController().signal

async function fetchFile(file: string, content: unknown, countryAliases: Record<string, string>) {
  const path = join(await temporaryFolder(), file)
  await writeSettled(path, typeof content === 'string' ? content : JSON.stringify(content))
  const source = createSource(
    { name: 'a', type: 'file', path, fields: {}, countryAliases },
    { defaultPort: 830 },
  )
  const { records, rejected } = await source.fetch(never)
  return { countries: records.map(({ country }) => country), rejected }
}

const raw = (name: string, country: string) => ({ name, address: `${name}.example.net`, site: 'S', country })

test('countries get the names that the configuration has for them, and these are not replaced again', async () => {
  const aliases = { DE: 'Germany', 'GERMANY ': 'Germany', Germany: 'Deutschland', ' É': 'Île' }
  const content = [raw('a', 'DE'), raw('b', 'GERMANY'), raw('c', 'Germany'), raw('d', 'É'), raw('e', 'de')]
  expect(await fetchFile('a.json', content, aliases)).toEqual({
    countries: ['Germany', 'Germany', 'Deutschland', 'Île', 'de'],
    rejected: [],
  })
})

test('devices that become equal by an alias are reported', async () => {
  const { countries, rejected } = await fetchFile('a.json', [raw('a', 'DE'), raw('a', 'Germany')], {
    DE: 'Germany',
  })
  expect(countries).toEqual(['Germany'])
  expect(rejected).toMatchObject([
    {
      reason: 'Record 1 has the same country, site and name.',
      identity: { country: 'Germany', site: 'S', name: 'a' },
    },
  ])
})

test('aliases apply to the hierarchy and CSV as well', async () => {
  const aliases = { DE: 'Germany' }
  const hierarchy = { DE: { S: { a: '10.0.0.1' } }, France: { S: { b: '10.0.0.2' } } }
  expect((await fetchFile('a.json', hierarchy, aliases)).countries).toEqual(['Germany', 'France'])
  const csv = 'name,address,site,country\na,10.0.0.1,S,DE\n'
  expect((await fetchFile('a.csv', csv, aliases)).countries).toEqual(['Germany'])
})
