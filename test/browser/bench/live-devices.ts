import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Sqlite from 'better-sqlite3'
import type { CloseStack } from '../../../src/base/close.ts'
import type { InventoryRecord } from '../../../src/inventory/record.ts'
import { spawnFleet } from '../../../src/simulator/spawn-fleet.ts'
import { tell } from '../../bench/support/benchmark.ts'
import { writeDatabase } from '../../bench/support/gateway-over-database.ts'
import { endOfRefresh } from '../../bench/support/refreshes.ts'
import { type InventorySize, writtenDevice } from '../../bench/support/written-inventory.ts'
import { dataOf } from '../../support/graphql-answer.ts'

export interface LiveGateway {
  /** Where the console is. */
  origin: string
  /** Has the simulated devices probed again and again from now on, until the stack is closed. */
  startResults(): void
  /** Results that have arrived. */
  results(): number
}

/**
 * Starts a gateway over a written inventory whose first devices by name are simulated ones, of which at most
 * `perSecond` are probed a second.
 */
export async function startLiveGateway(
  stack: CloseStack,
  size: InventorySize,
  { live, perSecond }: { live: number; perSecond: number },
): Promise<LiveGateway> {
  const fleet = stack.own(await spawnFleet({ devices: live, faulty: Math.floor(live / 100) }))
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, fleet.credential.password, { mode: 0o600 })
  const database = await writeDatabase(stack, size, undefined, {
    credentials: [{ name: 'simulator', username: fleet.credential.username, passwordFile }],
    throttle: { starts: `${perSecond}/s`, retries: 0 },
    probe: { timeout: '5s' },
  })
  giveAddresses(database.path, size, fleet.inventory)
  const url = await database.start().url
  const over = new AbortController()
  let results = 0
  const probe = async () => {
    while (!over.signal.aborted) {
      const { startRefresh } = await dataOf<{ startRefresh: { refresh: { id: string } } }>(url, START)
      results += (await endOfRefresh(url, startRefresh.refresh.id)).done
      await sleep(1_000)
    }
  }
  stack.defer(() => over.abort())
  return {
    origin: new URL(url).origin,
    // The gateway ends before the last refresh does.
    startResults: () =>
      void probe().catch((failure: unknown) => over.signal.aborted || tell(String(failure))),
    results: () => results,
  }
}

/** All that have an address of this machine. */
const START = `mutation {
  startRefresh(input: { force: true, filter: { address: { startsWith: "127." } } }) { refresh { id } }
}`

function giveAddresses(path: string, size: InventorySize, simulated: readonly InventoryRecord[]): void {
  const sqlite = new Sqlite(path)
  try {
    sqlite.transaction(() => {
      const setAddress = sqlite.prepare('update devices set address = ?, port = ? where id = ?')
      // The keys that were written are not theirs.
      const dropKey = sqlite.prepare('delete from host_keys where device_id = ?')
      for (const [position, { address, port }] of simulated.entries()) {
        const { id } = writtenDevice(position, size)
        setAddress.run(address, port, id)
        dropKey.run(id)
      }
    })()
  } finally {
    sqlite.close()
  }
}
