import { readFileSync, writeFileSync } from 'node:fs'
import { withRecipes } from './frontend-recipes.ts'

// Brings the code in docs/frontends.md up to date with test/frontends.

const DOCUMENT = 'docs/frontends.md'
writeFileSync(DOCUMENT, withRecipes(readFileSync(DOCUMENT, 'utf8')))
