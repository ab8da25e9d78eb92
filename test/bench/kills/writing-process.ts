import { systemClock } from '../../../src/base/clock.ts'
import { silentLogger } from '../../../src/base/log.ts'
import { InventoryService } from '../../../src/refresh/inventory/inventory-service.ts'
import { WriteRetry } from '../../../src/refresh/inventory/write-retry.ts'
import { openStore } from '../../../src/store/store.ts'
import { TWO_INVENTORIES } from '../../refresh/support/two-inventories.ts'

// The main file of a process that writes to a database, of one kind, until it is killed. It prints a line for each write that has
// been committed, and one before the first.

const [path = '', kind = ''] = process.argv.slice(2)
const tell = (line: string) => void process.stdout.write(`${line}\n`)

tell('begin')
const store = await openStore({ database: path, log: silentLogger })

const KINDS: Readonly<Record<string, () => Promise<void>>> = {
  migrations: async () => {
    tell('migrated')
  },
  syncs: async () => {
    const { id, state } = await syncOnce(1)
    tell(`${state} ${id}`)
  },
  plans: async () => {
    const { id, state } = await syncOnce(0)
    tell(`${state} ${id}`)
    if (state !== 'AWAITING_APPROVAL') return
    const approved = await serviceWith(0).approve(id, 'bench', signal)
    tell(`${approved.state} ${approved.id}`)
  },
  tokens: async () => {
    const name = `t${(await store.tokens.all()).length + 1}`
    const created = await store.tokens.create({ name, role: 'VIEWER', hash: `${name} ${Date.now()}`, at: 1 })
    tell(`created ${created?.name}`)
    if (await store.tokens.revoke(name, 2)) tell(`revoked ${name}`)
  },
}

const { signal } = new AbortController()
const source = {
  name: 'global',
  // Every plan that was applied turns to the other inventory.
  fetch: async () => {
    const { items } = await store.syncPlans.page({ page: { first: 1_000 } })
    const applied = items.filter(({ state }) => state === 'APPLIED').length
    return { records: TWO_INVENTORIES[applied % 2 === 0 ? 0 : 1], rejected: [] }
  },
}

const write = KINDS[kind]
if (write === undefined) throw new Error(`There is no kind "${kind}".`)
do await write()
while (kind !== 'migrations')
await store.close()

function serviceWith(ceiling: number): InventoryService {
  return new InventoryService([source], {
    store,
    log: silentLogger,
    now: () => Date.now(),
    writeRetry: new WriteRetry({ clock: systemClock, log: silentLogger, onChange: () => undefined }),
    order: [source.name],
    ceilingOf: () => ({ decommission: ceiling, move: ceiling, atLeast: 0 }),
    defaultPort: 830,
    onSynced: () => undefined,
    onChanged: () => undefined,
    onAwaiting: () => undefined,
  })
}

async function syncOnce(ceiling: number) {
  const [plan] = await serviceWith(ceiling).sync({ dryRun: false, requestedBy: null }, signal)
  if (plan === undefined) throw new Error('A source has a plan.')
  return plan
}
