import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import { startApiGateway } from '../../src/gateway.ts'
import { EVERYTHING } from '../../src/refresh/scope.ts'
import { startFleet } from '../../src/simulator/fleet.ts'
import { newStore, temporaryFolder } from '../store/support/fixture.ts'
import { defaultConfig } from '../support/default-config.ts'
import { writeSettled } from '../support/settled-file.ts'
import { until } from '../support/until.ts'
import { startRollcall } from './run-rollcall.ts'

it('continues a refresh with another engine when one is killed', { timeout: 180_000 }, async () => {
  const { store, database } = await newStore()
  const fleet = await startFleet({ devices: 200, faulty: 0 })
  onTestFinished(() => fleet.close())
  const folder = await temporaryFolder()
  await writeSettled(join(folder, 'inventory.json'), JSON.stringify(fleet.inventory))
  const { username, password } = fleet.credential
  await writeFile(
    join(folder, 'engine.yaml'),
    JSON.stringify({
      database,
      sources: [{ name: 'global', type: 'file', path: 'inventory.json' }],
      schedule: { onStart: false },
      credentials: [{ name: 'fleet', username, passwordEnv: 'FLEET_PASSWORD' }],
      throttle: { starts: '40/s' },
      workers: 1,
    }),
  )
  const spawnEngine = async () => {
    const engine = startRollcall(['serve', '--role', 'engine', '--config', 'engine.yaml'], {
      cwd: folder,
      env: { FLEET_PASSWORD: password },
    })
    onTestFinished(async () => {
      engine.child.kill('SIGKILL')
      await engine.finished
    })
    await engine.printed(/Rollcall runs as an engine, which works if no other one does\./)
    return engine
  }
  const first = await spawnEngine()
  const second = await spawnEngine()
  const api = await startApiGateway({
    config: defaultConfig({ server: { port: 0 }, database }),
    log: silentLogger,
    name: 'api',
  })
  onTestFinished(() => api.close())

  const request = {
    trigger: 'MUTATION',
    requestedBy: 'ann',
    scope: EVERYTHING,
    sync: true,
    force: true,
  } as const
  const { refresh } = await api.refreshes.request(request)
  await until(async () => (await store.probes.lastId()) > 30)
  const working = await store.engine.current()
  first.child.kill('SIGKILL')
  const ended = await api.refreshes.ended(refresh)
  expect(ended).toMatchObject({ state: 'COMPLETED', total: 200, outcomeCounts: { SUPPORTED: 200 } })
  expect(await store.engine.current()).toMatchObject({ term: (working?.term ?? 0) + 1 })
  const rows = await store.probes.ofRefreshAfter(refresh.id, 0, 1_000)
  expect(new Set(rows.map(({ deviceId }) => deviceId)).size).toBe(200)
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1))

  second.child.kill('SIGTERM')
  expect(await second.finished).toMatchObject({ code: 0 })
  expect(await store.engine.current()).toMatchObject({ holder: null })
  await expect(api.refreshes.cancel(refresh.id)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
})
