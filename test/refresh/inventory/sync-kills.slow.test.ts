import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as passing } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { identityKey } from '../../../src/inventory/identity.ts'
import { openStore } from '../../../src/store/store.ts'
import { temporaryFolder } from '../../store/support/fixture.ts'
import { TWO_INVENTORIES } from '../support/two-inventories.ts'

const KILLS = 6
/** Some three syncs. */
const LONGEST_MS = 200

it('a killed process leaves the old inventory or the new one, with its plan', async () => {
  const path = join(await temporaryFolder(), 'rollcall.db')
  const moments: number[] = []
  for (let kill = 0; kill < KILLS; kill += 1) {
    const afterMs = Math.random() * LONGEST_MS
    moments.push(afterMs)
    await syncAndKill(path, afterMs)
    expect(stateOf(path), `killed after ${moments}`).toEqual({ integrity: 'ok', foreignKeys: [] })

    const store = await openStore({ database: path, log: silentLogger })
    const plans = await store.syncPlans.count()
    const active = (await store.inventory.known()).filter(({ lifecycle }) => lifecycle === 'ACTIVE')
    const expected = plans === 0 ? [] : TWO_INVENTORIES[plans % 2 === 1 ? 0 : 1]
    expect(active.map(identityKey).sort(), `killed after ${moments}`).toEqual(
      expected.map(identityKey).sort(),
    )
    const { items } = await store.syncPlans.page({ page: { first: 1 } })
    const [last] = items
    const entries = await store.changes.page({ page: { first: 10_000 } })
    const ofLast = entries.items.filter(({ at, action }) => at === last?.plannedAt && action === 'CREATED')
    expect(ofLast, `killed after ${moments}`).toHaveLength(last?.created ?? 0)
    await store.close()
  }
})

/** Begins to sync, and is killed so long after the first sync began. */
async function syncAndKill(path: string, afterMs: number): Promise<void> {
  const program = fileURLToPath(new URL('../support/sync-forever.ts', import.meta.url))
  const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  await passing(afterMs)
  child.kill('SIGKILL')
  expect(await ended).toEqual([null, 'SIGKILL'])
}

function stateOf(path: string): unknown {
  const sqlite = new Sqlite(path)
  const integrity = sqlite.pragma('integrity_check', { simple: true })
  const foreignKeys = sqlite.pragma('foreign_key_check')
  sqlite.close()
  return { integrity, foreignKeys }
}
