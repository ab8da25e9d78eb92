import { expect, test } from 'vitest'
import { messageOf } from '../../src/base/errors.ts'
import { defaultConfig } from '../support/default-config.ts'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

async function limitsOf(written: string, env: Record<string, string> = {}) {
  return (await file.load(`limits: { ${written} }\n`, { env })).limits
}

async function problemOf(written: string): Promise<string> {
  const message = await limitsOf(written).then(() => 'It was not refused.', messageOf)
  return file.withoutFolder(message)
}

const DEFAULTS = {
  depth: 20,
  aliases: 100,
  tokens: 5_000,
  cost: 150_000,
  requestBytes: 1_048_576,
  requestTimeMs: 30_000,
  mutationsPerMinute: 60,
}

test('are on by default', async () => {
  expect(await limitsOf('')).toEqual(DEFAULTS)
  expect(defaultConfig().limits).toEqual(DEFAULTS)
})

test('can be set in the file or the environment', async () => {
  const written =
    'depth: 5, aliases: 0, tokens: 500, cost: 100000000, requestBytes: 10000, requestTime: 1m, mutations: 1/s'
  expect(
    await limitsOf(written, { ROLLCALL_LIMITS_REQUEST_TIME: '500ms', ROLLCALL_LIMITS_DEPTH: '6' }),
  ).toEqual({
    depth: 6,
    aliases: 0,
    tokens: 500,
    cost: 100_000_000,
    requestBytes: 10_000,
    requestTimeMs: 500,
    mutationsPerMinute: 60,
  })
})

test.each([
  ['depth: 4', '"limits.depth"', 'a whole number from 5 to 100'],
  ['aliases: -1', '"limits.aliases"', 'a whole number from 0 to 1000'],
  ['tokens: 499', '"limits.tokens"', 'a whole number from 500 to 100000'],
  ['cost: 999', '"limits.cost"', 'a whole number from 1000 to 100000000'],
  ['requestBytes: 1MiB', '"limits.requestBytes"', 'a whole number from 10000 to 100000000'],
  ['requestTime: 99ms', '"limits.requestTime"', 'a duration from 100ms to 1h'],
  ['requestTime: 0', '"limits.requestTime"', 'a duration from 100ms to 1h'],
  ['mutations: 0/m', '"limits.mutations"', 'a rate from 1/m to 1000/s'],
  ['pageSize: 10', '"limits.pageSize"', 'the keys known there are depth, aliases'],
])('are refused if they are out of range: %s', async (written, key, range) => {
  const problem = await problemOf(written)
  expect(problem).toContain(key)
  expect(problem).toContain(range)
})
