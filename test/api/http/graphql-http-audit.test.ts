import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serverAudits } from 'graphql-http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { type Gateway, startGateway } from '../../../src/gateway.ts'
import { defaultConfig } from '../../support/default-config.ts'

let folder: string
let gateway: Gateway

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-audit-'))
  const config = defaultConfig({
    server: { port: 0 },
    database: join(folder, 'rollcall.db'),
    schedule: { onStart: false },
    workers: 1,
  })
  gateway = await startGateway({ config, log: silentLogger })
})

afterAll(async () => {
  await gateway.close()
  await rm(folder, { recursive: true })
})

describe('the audits of GraphQL over HTTP', () => {
  it.each(serverAudits({ url: () => `${gateway.url}/graphql` }))('$id $name', async ({ fn }) => {
    expect(await fn()).toMatchObject({ status: 'ok' })
  })
})
