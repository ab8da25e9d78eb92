import { readFileSync, writeFileSync } from 'node:fs'
import { withTables } from './configuration-tables.ts'

// Brings the tables of docs/configuration.md up to date with the schema of the configuration.

const DOCUMENT = 'docs/configuration.md'
writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8')))
