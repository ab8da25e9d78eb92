import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { regionsOf } from '../../src/config/prober-schema.ts'

const POSTGRES = 'database: postgres://app@127.0.0.1/rollcall\n'

async function load(text: string, env: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-config-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = join(folder, 'rollcall.yaml')
  await writeFile(file, text)
  return loadConfig({ file, env })
}

it('has no regions by default', async () => {
  const config = await load('')
  expect(config.probers).toEqual({ default: 'local', fallback: 'skip' })
  expect(regionsOf(config)).toEqual([])
})

it('knows the regions that it names, each once', async () => {
  const config = await load(`${POSTGRES}
devices:
  region:
    - { region: EMEA, country: Germany }
    - { region: APAC, site: "TYO*" }
    - { region: EMEA, country: France }
probers: { default: AMER, fallback: EMEA }`)
  expect(regionsOf(config)).toEqual(['EMEA', 'APAC', 'AMER'])
  expect(config.devices.region[1]).toEqual({ region: 'APAC', site: 'TYO*' })
})

it('takes the default from the environment', async () => {
  const { probers } = await load(POSTGRES, { ROLLCALL_PROBERS_DEFAULT: 'EMEA' })
  expect(probers.default).toBe('EMEA')
})

it('takes the URL of a database from the environment', async () => {
  const { database } = await load('', { ROLLCALL_DATABASE: 'postgres://app@127.0.0.1/rollcall' })
  expect(database).toBe('postgres://app@127.0.0.1/rollcall')
})

it.each([
  ['devices: { region: [{ region: EMEA }] }', '"devices.region[0]" needs "country" or "site"'],
  [
    'devices: { region: [{ region: local, site: a }] }',
    '"devices.region[0].region" must be the name of a region',
  ],
  [
    'devices: { region: [{ region: "a b", site: a }] }',
    '"devices.region[0].region" must be the name of a region',
  ],
  ['devices: { region: [{ region: EMEA, name: a }] }', '"devices.region[0].name" is not a known key'],
  ['probers: { default: skip }', '"probers.default" is skip; name local or a region.'],
  ['probers: { fallback: EMEA }', '"probers.fallback" is EMEA, which is no region of "devices.region"'],
])('refuses %s', async (text, problem) => {
  await expect(load(POSTGRES + text)).rejects.toThrow(problem)
})

it.each([
  ['devices: { region: [{ region: EMEA, country: Germany }] }', '"devices.region" names a region'],
  ['probers: { default: EMEA }', '"probers.default" names a region'],
])('refuses %s without a PostgreSQL database', async (text, problem) => {
  await expect(load(text)).rejects.toThrow(`${problem}, and regions need a PostgreSQL database`)
})
