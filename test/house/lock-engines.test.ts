import { expect, it } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { type LockFile, unmetEngines, withoutMetEngines } from './lock-engines.ts'
import { readDocument } from './markdown.ts'

const lock: LockFile = JSON.parse(readDocument('package-lock.json'))

it('the lock file brings a Node.js on which every package runs', () => {
  expect(unmetEngines(lock)).toEqual([])
})

it('the lock file causes no irrelevant warnings of npm; `npm run lock:engines` removes their cause', () => {
  expect(lock).toEqual(withoutMetEngines(lock, packageJson.devEngines.runtime.version))
})

it('an engine requirement is removed only if the Node.js of the lock file meets it', () => {
  const made = (node: string) => ({ version: '1.0.0', engines: { node, npm: '>=1' } })
  const packages = {
    '': { engines: { node: '>=22.18' } },
    'node_modules/node': { version: '26.10.0' },
    'node_modules/met': made('>=22'),
    'node_modules/old': made('>=18'),
    'node_modules/unmet': made('>=28'),
  }
  expect(withoutMetEngines({ packages }, '>=20').packages).toEqual({
    ...packages,
    'node_modules/met': { version: '1.0.0', engines: { npm: '>=1' } },
  })
  expect(unmetEngines({ packages })).toEqual(['node_modules/unmet'])
})
