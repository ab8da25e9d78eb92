import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { Command } from 'commander'
import { NODE_FLAGS } from '../cli/run-rollcall.ts'
import { settle } from '../support/settled-file.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { countOption } from './support/options.ts'
import { usageNotes } from './support/process-usage.ts'
import { megabytes, milliseconds, printReport } from './support/report.ts'

// What it takes to bring a whole inventory in: read from a file, compared with what is known, and applied. First into an
// empty database, then unchanged, then with 1 % of the devices changed, as many gone, and as many new.

/** For the process that syncs. */
export interface SyncJob {
  database: string
  /** The file. */
  inventory: string
}

export interface SyncResult {
  /** With `fetchMs`. */
  wallMs: number
  fetchMs: number
  /** Once the file was read: the longest time that nothing else had its turn on the thread. */
  longestTurnMs: number
  peakMemoryBytes: number
  /** How long the write-ahead log was afterwards. */
  logBytes: number
  plan: Record<string, unknown>
}

interface InventoryOptions {
  devices: number
  format?: string
}

const command = new Command('bench:inventory')
  .description('Time and memory of syncing an inventory from a file.')
  .addOption(countOption('--devices <n>', 'how many devices', 14_000))
  .option('--format <name>', 'json or ndjson (default: json up to 100,000 devices)')

await runBenchmark<InventoryOptions>(command, async ({ devices, format }, stack) => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const extension = format ?? (devices > 100_000 ? 'ndjson' : 'json')
  const database = join(folder, 'rollcall.db')
  const sync = async (name: string, isChanged: boolean) => {
    const inventory = join(folder, `${name}.${extension}`)
    await pipeline(Readable.from(textOf(devices, extension, isChanged)), createWriteStream(inventory))
    await settle(inventory)
    tell(name)
    return { name, ...(await runSync({ database, inventory })) }
  }
  const syncs = [
    await sync('first', false),
    await sync('unchanged', false),
    await sync('1 % changed', true),
    await sync('unchanged again', true),
  ]
  printReport({
    benchmark: 'inventory',
    title: `Syncs of ${devices} devices from a file in ${extension.toUpperCase()}.`,
    tables: [
      {
        columns: ['sync', 'wall', 'of it fetch', 'longest turn', 'peak memory', 'log'],
        rows: syncs.map(({ name, wallMs, fetchMs, longestTurnMs, peakMemoryBytes, logBytes }) => [
          name,
          milliseconds(wallMs),
          milliseconds(fetchMs),
          milliseconds(longestTurnMs),
          megabytes(peakMemoryBytes),
          megabytes(logBytes),
        ]),
      },
    ],
    notes: usageNotes(),
    data: { devices, format: extension, syncs },
  })
})

async function runSync(job: SyncJob): Promise<SyncResult> {
  const program = fileURLToPath(new URL('./clients/sync-inventory.ts', import.meta.url))
  const child = spawn(process.execPath, [...NODE_FLAGS, program], { stdio: ['pipe', 'pipe', 'inherit'] })
  child.stdin.end(JSON.stringify(job))
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`The sync ended with exit code ${code}.`)
  // The other side of this pipe is our own.
  return JSON.parse(output) as SyncResult
}

/** The file, a few records at a time. */
function* textOf(devices: number, extension: string, isChanged: boolean): Generator<string> {
  const isJson = extension === 'json'
  if (isJson) yield '[\n'
  for (let index = 0; index < devices; index += 1) {
    const end = isJson && index < devices - 1 ? ',\n' : '\n'
    yield JSON.stringify(recordOf(index, devices, isChanged)) + end
  }
  if (isJson) yield ']\n'
}

/** Of a hundred records one has another address, and one is another device, where the inventory is the changed one. */
function recordOf(index: number, devices: number, isChanged: boolean) {
  const site = Math.floor(index / 30)
  const turn = isChanged ? index % 100 : 0
  const number = turn === 2 ? index + devices : index
  const address = turn === 1 ? number + 2 * devices : number
  return {
    key: String(number),
    name: `router-${number}`,
    address: `10.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`,
    port: 830 + (address >> 24),
    site: `SITE-${site}`,
    country: `Country ${site % 60}`,
    region: ['EMEA', 'APAC', 'AMER'][(site % 60) % 3],
    platform: ['iosxe', 'iosxr', 'junos'][index % 3],
  }
}
