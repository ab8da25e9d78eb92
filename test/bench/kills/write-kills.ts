import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Sqlite from 'better-sqlite3'
import { silentLogger } from '../../../src/base/log.ts'
import { identityKey } from '../../../src/inventory/identity.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { TWO_INVENTORIES } from '../../refresh/support/two-inventories.ts'
import { migrationNames, writeOldDatabase } from '../../support/old-schema.ts'

export const WRITE_KINDS = ['migrations', 'syncs', 'plans', 'tokens'] as const
export type WriteKind = (typeof WRITE_KINDS)[number]

/** What was found after all kills of one kind. */
export interface WriteKills {
  kind: WriteKind
  kills: number
  /** Writes that were reported as committed before a kill. */
  acknowledged: number
  /** Reported and not there. */
  lost: number
  /** There more often than they should be, or neither the old nor the new. */
  wrong: number
  /** What `integrity_check` and `foreign_key_check` found. */
  damaged: number
}

const PROGRAM = fileURLToPath(new URL('writing-process.ts', import.meta.url))
/** When a process is killed at the latest: after it has opened the database and written some times. */
const LONGEST_MS: Readonly<Record<WriteKind, number>> = {
  migrations: 250,
  syncs: 300,
  plans: 300,
  tokens: 100,
}
const OLD_DEVICES = 3_000

/** Kills processes that write, at random moments, and looks after each at what is in the database. */
export async function killWrites(
  kind: WriteKind,
  { kills, folder, random }: { kills: number; folder: string; random: (below: number) => number },
): Promise<WriteKills> {
  const found: WriteKills = { kind, kills, acknowledged: 0, lost: 0, wrong: 0, damaged: 0 }
  const path = join(folder, `${kind}.db`)
  const said: string[] = []
  const old = kind === 'migrations' ? await oldDatabases(folder) : []
  for (let kill = 0; kill < kills; kill += 1) {
    const template = old[random(old.length)]
    if (template !== undefined) {
      for (const suffix of ['', '-wal', '-shm']) await rm(`${path}${suffix}`, { force: true })
      await copyFile(template, path)
    }
    const lines = await writeAndKill(path, kind, random(LONGEST_MS[kind]))
    said.push(...lines)
    found.acknowledged += lines.length
    const migrations = kind === 'migrations' ? migrationsIn(path) : 0
    const store = await openStore({ database: path, log: silentLogger })
    try {
      if (kind === 'migrations') {
        const before = old.indexOf(template ?? '') + 1
        if (migrations !== before && migrations !== old.length + 1) found.wrong += 1
        if (lines.includes('migrated') && migrations === before) found.lost += 1
        if ((await store.devices.count()) !== OLD_DEVICES) found.lost += 1
      } else if (kind === 'tokens') await checkTokens(store, said, found)
      else await checkPlans(store, said, found)
    } finally {
      await store.close()
    }
    found.damaged += damageIn(path)
  }
  return found
}

/** One for each migration but the last, as that left it, with devices in it. */
async function oldDatabases(folder: string): Promise<string[]> {
  const paths: string[] = []
  for (const name of (await migrationNames()).slice(0, -1)) {
    const path = join(folder, `old-${name}.db`)
    const devices = `
      insert into countries (id, name) values (1, 'France');
      insert into sites (id, country_id, name) values (1, 1, 'Paris');
      with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${OLD_DEVICES})
      insert into devices (site_id, name, address, port, lifecycle, source, first_seen_at, last_seen_at)
        select 1, 'r' || n, 'r' || n || '.example.net', 830, 'ACTIVE', 'global', 1, 1 from numbers;`
    await writeOldDatabase(path, name, devices)
    paths.push(path)
  }
  return paths
}

/** Returns what the process has said before it was killed. */
async function writeAndKill(path: string, kind: WriteKind, afterMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [PROGRAM, path, kind], { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  const lines: string[] = []
  const begun = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'begin') begun.resolve()
    else lines.push(line)
  })
  await Promise.race([begun.promise, ended])
  await sleep(afterMs)
  child.kill('SIGKILL')
  await ended
  return lines
}

async function checkTokens(store: Store, said: readonly string[], found: WriteKills): Promise<void> {
  const tokens = new Map((await store.tokens.all()).map((token) => [token.name, token]))
  if ((await store.tokens.all()).length !== tokens.size) found.wrong += 1
  for (const line of said) {
    const [what, name = ''] = line.split(' ')
    const token = tokens.get(name)
    if (token === undefined || (what === 'revoked' && token.revokedAt === null)) found.lost += 1
  }
}

async function checkPlans(store: Store, said: readonly string[], found: WriteKills): Promise<void> {
  const { items } = await store.syncPlans.page({ page: { first: 1_000 } })
  const states = new Map(items.map(({ id, state }) => [String(id), state]))
  for (const line of said) {
    const [state = '', id = ''] = line.split(' ')
    const now = states.get(id)
    // One that awaits approval goes on to be applied, or gives way to a newer one.
    if (now === undefined || (state === 'APPLIED' && now !== 'APPLIED')) found.lost += 1
  }
  const awaiting = items.filter(({ state }) => state === 'AWAITING_APPROVAL').length
  if (awaiting > 1) found.wrong += 1
  const applied = items.filter(({ state }) => state === 'APPLIED').length
  if (awaiting > 0) return
  const active = (await store.inventory.known()).filter(({ lifecycle }) => lifecycle === 'ACTIVE')
  const expected = applied === 0 ? [] : TWO_INVENTORIES[applied % 2 === 1 ? 0 : 1]
  if (keysOf(active) !== keysOf(expected)) found.wrong += 1
}

function keysOf(devices: readonly Parameters<typeof identityKey>[0][]): string {
  return devices.map(identityKey).sort().join('\n')
}

function migrationsIn(path: string): number {
  const sqlite = new Sqlite(path)
  const count = sqlite.prepare<[], number>('select count(*) from kysely_migration').pluck().get() ?? 0
  sqlite.close()
  return count
}

function damageIn(path: string): number {
  const sqlite = new Sqlite(path)
  const isSound = sqlite.pragma('integrity_check', { simple: true }) === 'ok'
  const violations = sqlite.pragma('foreign_key_check') as unknown[]
  sqlite.close()
  return (isSound ? 0 : 1) + violations.length
}
