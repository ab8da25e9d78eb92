import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { ROOT } from './markdown.ts'
import { isAllowed, licensesFile, thirdParties } from './third-party.ts'

/** A clone with these files. */
async function cloneWith(files: Readonly<Record<string, object | string>>): Promise<string> {
  const root = await temporaryFolder()
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return root
}

const LOCK = {
  packages: {
    '': { version: '1.0.0' },
    'node_modules/used': { version: '2.0.0' },
    'node_modules/used/node_modules/@old/one': { version: '0.1.0' },
    'node_modules/tool': { version: '3.0.0', dev: true },
    'node_modules/other-system': { version: '1.0.0', optional: true },
  },
}
const FILES = {
  'package-lock.json': LOCK,
  'node_modules/used/package.json': { license: 'MIT' },
  'node_modules/used/LICENSE.md': 'Do as you like.',
  'node_modules/used/NOTICE': 'By us.',
  'node_modules/used/node_modules/@old/one/package.json': { licenses: [{ type: 'ISC' }] },
  'node_modules/tool/package.json': { license: 'MPL-2.0' },
}
const BUNDLED = [{ name: 'page', version: '4.0.0', identifier: 'GPL-3.0', text: 'Share.' }]

describe('the licences of third parties', () => {
  it('are those of installed production packages and of what the console has', async () => {
    const parties = thirdParties(await cloneWith({ ...FILES, 'dist/console/licenses.json': BUNDLED }))
    expect(parties).toEqual([
      { name: '@old/one', version: '0.1.0', license: 'ISC', text: '' },
      { name: 'page', version: '4.0.0', license: 'GPL-3.0', text: 'Share.' },
      { name: 'used', version: '2.0.0', license: 'MIT', text: 'Do as you like.\nBy us.' },
    ])
    expect(parties.filter((each) => !isAllowed(each)).map(({ name }) => name)).toEqual(['page'])
    expect(licensesFile(parties)).toMatch(/\nused 2\.0\.0: MIT\n-+\n\nDo as you like\.\nBy us\.\n$/)
  })

  it('need a console that is built', async () => {
    const root = await cloneWith(FILES)
    expect(() => thirdParties(root)).toThrow(/^dist\/console\/licenses\.json is missing\. .*build:console$/)
  })

  it.each([
    ['(MIT OR GPL-3.0)', true],
    ['MIT AND GPL-3.0', false],
    ['ODbL-1.0', false],
    [null, false],
  ])('%s: may be distributed is %s', (license, allowed) => {
    expect(isAllowed({ name: 'any', version: '1.0.0', license, text: '' })).toBe(allowed)
  })
})

it('every package that Rollcall needs to run has a licence that allows to distribute it', async () => {
  const root = await cloneWith({ 'dist/console/licenses.json': [] })
  for (const name of ['package-lock.json', 'node_modules']) symlinkSync(join(ROOT, name), join(root, name))
  const parties = thirdParties(root)
  expect(parties.length).toBeGreaterThan(50)
  expect(parties.filter((each) => !isAllowed(each))).toEqual([])
})
