import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { useConfigFile } from '../config/support/config-file.ts'
import { withTables } from './configuration-tables.ts'

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../docs/configuration.md'), 'utf8')

const file = useConfigFile()

it('finds in docs/configuration.md what `npm run docs:configuration` writes there', () => {
  expect(DOCUMENT).toBe(withTables(DOCUMENT))
})

it('describes every key', () => {
  const rows = DOCUMENT.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows.length).toBeGreaterThan(100)
  expect(rows.filter((row) => row.endsWith('|  |'))).toEqual([])
})

it('has an example that can be loaded', async () => {
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(DOCUMENT) ?? []
  const { sources, credentials } = await file.load(example, { reads: [] })
  expect(sources.map(({ name }) => name)).toEqual(['global'])
  expect(credentials.map(({ name }) => name)).toEqual(['core', 'default'])
})
