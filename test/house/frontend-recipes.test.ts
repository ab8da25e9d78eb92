import { globSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { recipesIn, withRecipes } from './frontend-recipes.ts'
import { ROOT, readDocument } from './markdown.ts'

const DOCUMENT = readDocument('docs/frontends.md')

it('finds in docs/frontends.md what `npm run docs:frontends` writes there', () => {
  expect(DOCUMENT).toBe(withRecipes(DOCUMENT))
})

it('shows all code of the frontends that are tested', () => {
  const generated = ['src/gql/**', 'src/relay/__generated__/**']
  const sources = globSync('src/**/*.ts', { cwd: join(ROOT, 'test/frontends'), exclude: generated })
  expect(recipesIn(DOCUMENT)).toEqual(expect.arrayContaining(sources))
  expect(sources.length).toBeGreaterThan(5)
})

it('installs the versions that are tested', () => {
  const { devDependencies, dependencies } = JSON.parse(readDocument('package.json'))
  const tested: Record<string, string> = { ...devDependencies, ...dependencies }
  const installed = [...DOCUMENT.matchAll(/ (@?[\w/-]+)@(\d+)\b/g)].map(([, name = '', major]) => [
    name,
    major,
  ])
  const others = installed.filter(([name = '', major]) => tested[name]?.match(/\d+/)?.[0] !== major)
  expect(others.map(([name]) => name)).toEqual([])
})
