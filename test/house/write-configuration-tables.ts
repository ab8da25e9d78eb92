import { readFileSync, writeFileSync } from 'node:fs'
import { configurationJsonSchema, JSON_SCHEMA_FILE } from './configuration-json-schema.ts'
import { withTables } from './configuration-tables.ts'

// Brings the tables of docs/configuration.md and the JSON Schema up to date with the schema of the configuration.

const DOCUMENT = 'docs/configuration.md'
writeFileSync(DOCUMENT, withTables(readFileSync(DOCUMENT, 'utf8')))
writeFileSync(JSON_SCHEMA_FILE, configurationJsonSchema())
