import { closeSync, openSync } from 'node:fs'
import { silentLogger } from '../../../src/base/log.ts'
import { planInventory } from '../../../src/inventory/plan.ts'
import { rankOf } from '../../../src/inventory/precedence.ts'
import { openStore } from '../../../src/store/store.ts'
import { atOnce } from '../../support/at-once.ts'

// The main file of a process that has no file descriptor left while it applies a large inventory, and then has again.
// It prints how both tries ended.
const store = await openStore({ database: process.argv[2] ?? '', log: silentLogger })
const records = Array.from({ length: 5_000 }, (_, index) => ({
  key: null,
  name: `r${index}`,
  address: `r${index}.example.net`,
  port: 830,
  site: 'Paris',
  country: 'France',
  region: null,
  platform: null,
  credential: null,
}))
const { diff } = atOnce(planInventory([], { records, rejected: [] }, rankOf('global', [])))

const taken: number[] = []
try {
  for (;;) taken.push(openSync('/dev/null', 'r'))
} catch {
  // There is none left.
}
const without = await applied()
for (const file of taken) closeSync(file)
process.stdout.write(JSON.stringify({ without, again: await applied() }))
await store.close()

async function applied(): Promise<unknown> {
  try {
    const at = { source: 'global', at: 1_000, actor: 'source:global', decommission: null }
    await store.inventory.apply(diff, at)
    return await store.devices.count()
  } catch (failure) {
    const { code, message } = failure as { code?: string; message: string }
    return { code, message }
  }
}
