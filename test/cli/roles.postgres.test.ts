import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../src/base/log.ts'
import { startApiGateway } from '../../src/gateway.ts'
import { EVERYTHING } from '../../src/refresh/scope.ts'
import { startFleet } from '../../src/simulator/fleet.ts'
import type { RefreshRow } from '../../src/store/refresh-store.ts'
import { newStore, temporaryFolder } from '../store/support/fixture.ts'
import { defaultConfig } from '../support/default-config.ts'
import { writeSettled } from '../support/settled-file.ts'
import { until } from '../support/until.ts'
import { startRollcall } from './run-rollcall.ts'

/** Two engines in processes of their own, of which the first works, and an API process in this one. */
async function twoEngines() {
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
  return {
    store,
    api,
    first,
    second,
    async request() {
      const { refresh } = await api.refreshes.request({
        trigger: 'MUTATION',
        requestedBy: 'ann',
        scope: EVERYTHING,
        sync: true,
        force: true,
      })
      await until(async () => (await store.probes.lastId()) > 30)
      return refresh
    },
    /** Each device has one result at the end. */
    async completes(refresh: RefreshRow) {
      const ended = await api.refreshes.ended(refresh)
      expect(ended).toMatchObject({ state: 'COMPLETED', total: 200, outcomeCounts: { SUPPORTED: 200 } })
      const rows = await store.probes.ofRefreshAfter(refresh.id, 0, 1_000)
      expect(new Set(rows.map(({ deviceId }) => deviceId)).size).toBe(200)
      expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1))
    },
  }
}

it('continues a refresh with another engine when one is killed', { timeout: 360_000 }, async () => {
  const { store, api, first, second, request, completes } = await twoEngines()
  const refresh = await request()
  const working = await store.engine.current()
  first.child.kill('SIGKILL')
  await completes(refresh)
  expect(await store.engine.current()).toMatchObject({ term: (working?.term ?? 0) + 1 })

  second.child.kill('SIGTERM')
  expect(await second.finished).toMatchObject({ code: 0 })
  expect(await store.engine.current()).toMatchObject({ holder: null })
  await expect(api.refreshes.cancel(refresh.id)).rejects.toMatchObject({ code: 'ENGINE_UNAVAILABLE' })
})

it('continues a refresh with another engine when one hangs', { timeout: 360_000 }, async () => {
  const { store, first, second, request, completes } = await twoEngines()
  const refresh = await request()
  const hung = await store.engine.current()
  first.child.kill('SIGSTOP')
  await completes(refresh)
  const next = await store.engine.current()
  expect(next).toMatchObject({ term: (hung?.term ?? 0) + 1 })
  // When the first one goes on, it finds itself replaced, and is there if it is needed again.
  first.child.kill('SIGCONT')
  await first.printed(/the engine stops: its connection is lost/)
  second.child.kill('SIGTERM')
  await second.finished
  await expect.poll(async () => (await store.engine.current())?.holder).toBe(hung?.holder)
  await completes(await request())
})
