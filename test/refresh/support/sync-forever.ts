import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { InventoryService } from '../../../src/refresh/inventory/inventory-service.ts'
import { WriteRetry } from '../../../src/refresh/inventory/write-retry.ts'
import { openStore } from '../../../src/store/store.ts'
import { TWO_INVENTORIES } from './two-inventories.ts'

// Syncs one inventory after the other into the database it is given, and says so before each, until somebody ends it.

const store = await openStore({ database: process.argv[2] ?? '', log: silentLogger })
const source = {
  name: 'global',
  fetch: async () => {
    const plans = await store.syncPlans.count()
    return { records: TWO_INVENTORIES[plans % 2 === 0 ? 0 : 1], rejected: [] }
  },
}
const service = new InventoryService([source], {
  store,
  log: silentLogger,
  now: () => Date.now(),
  writeRetry: new WriteRetry({ clock: systemClock, log: silentLogger, onChange: () => undefined }),
  order: [source.name],
  ceilingOf: () => ({ decommission: 1, move: 1, atLeast: 0 }),
  defaultPort: 830,
  onSynced: () => undefined,
  onChanged: () => undefined,
  onAwaiting: () => undefined,
})
for (;;) {
  process.stdout.write('syncing\n')
  await service.sync({ dryRun: false, requestedBy: null }, new AbortController().signal)
}
