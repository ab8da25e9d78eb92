import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { configurationJsonSchema, JSON_SCHEMA_FILE } from './configuration-json-schema.ts'

const ROOT = join(import.meta.dirname, '../..')
const TEXT = readFileSync(join(ROOT, JSON_SCHEMA_FILE), 'utf8')
const schema = z.fromJSONSchema(JSON.parse(TEXT))

/** Whether an editor that uses the schema would accept this YAML. */
const accepts = (yaml: string) => schema.safeParse(parse(yaml)).success

it('is what `npm run docs:configuration` writes', () => {
  expect(TEXT).toBe(configurationJsonSchema())
})

it('accepts the example of docs/configuration.md', () => {
  const document = readFileSync(join(ROOT, 'docs/configuration.md'), 'utf8')
  const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(document) ?? []
  expect(schema.safeParse(parse(example)).error).toBeUndefined()
})

describe('the JSON Schema', () => {
  test.each([
    'server:\nprobe:\n  port:\n',
    'workers: 4',
    'workers: auto',
    'throttle: { coolDown: 0, starts: 90/m }',
    'sources: [{ name: a, type: netbox, url: "https://netbox.example.org", tokenEnv: T }]',
  ])('accepts %j', (yaml) => {
    expect(accepts(yaml)).toBe(true)
  })

  test.each([
    'planets: 1',
    'server: { port: 65536 }',
    'server: { port: "80" }',
    'workers: all',
    'throttle: { coolDown: 60, starts: 90/m }',
    'schedule: { every: 2 hours }',
    'throttle: { starts: 100/h }',
    'probe: { hostKeys: strict }',
    'sources: [{ name: a, type: ldap }]',
    'sources: [{ name: a, type: file }]',
    'credentials: [{ name: a, username: b, pasword: c }]',
  ])('refuses %j', (yaml) => {
    expect(accepts(yaml)).toBe(false)
  })
})
