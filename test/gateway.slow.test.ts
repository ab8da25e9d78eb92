import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import { startFleet } from '../src/simulator/fleet.ts'
import { temporaryFolder } from './store/support/fixture.ts'
import { defaultConfig } from './support/default-config.ts'
import { writeSettled } from './support/settled-file.ts'

const SCRIPT = fileURLToPath(new URL('support/gateway-process.ts', import.meta.url))

it('a gateway that was closed leaves nothing that keeps its process from ending', async () => {
  const fleet = await startFleet({ devices: 5, faulty: 0 })
  onTestFinished(() => fleet.close())
  const folder = await temporaryFolder()
  const path = join(folder, 'inventory.json')
  await writeSettled(path, JSON.stringify(fleet.inventory))
  const config = defaultConfig({
    server: { port: 0 },
    database: join(folder, 'rollcall.db'),
    sources: [{ name: 'global', type: 'file', path, fields: {} }],
    credentials: [{ name: 'fleet', ...fleet.credential, match: null }],
    schedule: { onStart: false },
  })
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, JSON.stringify(config)])
  expect(JSON.parse(stdout)).toEqual({
    state: 'COMPLETED',
    outcomeCounts: { SUPPORTED: 5 },
    health: 'alive\n',
  })
})
