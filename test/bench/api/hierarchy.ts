import { copyFile } from 'node:fs/promises'
import { Agent } from 'node:http'
import Sqlite from 'better-sqlite3'
import { CloseStack } from '../../../src/base/close.ts'
import { decodeGlobalId } from '../../../src/base/global-id.ts'
import { tell } from '../support/benchmark.ts'
import type { WrittenDatabase } from '../support/gateway-over-database.ts'
import { HIERARCHY, type Hierarchy } from '../support/hierarchy-query.ts'
import { usageOf } from '../support/process-usage.ts'
import { type TimedAnswer, timedPost } from '../support/timed-post.ts'
import { TimedProgram } from '../support/timed-program.ts'

const IN_SQLITE = new URL('../clients/hierarchy-in-sqlite.ts', import.meta.url)
const IN_PROCESS = new URL('../clients/hierarchy-in-process.ts', import.meta.url)
/** Turns that are not counted: what is compiled and cached by then is no part of a later one. */
const WARM_UP = 10

/** What one turn took of each, milliseconds. */
export interface HierarchyTurn {
  /** The gateway, once a device has changed. */
  changed: { firstByteMs: number; lastByteMs: number }
  /** The gateway, where nothing has changed since. */
  unchanged: { firstByteMs: number; lastByteMs: number }
  /** Of `clients/hierarchy-in-sqlite.ts`. */
  nestedMs: number
  joinedMs: number
  graphqlJsMs: number
}

export interface HierarchyResult {
  turns: HierarchyTurn[]
  /** Of the answer. */
  bytes: number
  statements: number
  /** Of the gateway. */
  peakMemoryBytes: number | null
}

/**
 * The whole hierarchy from a gateway and from SQLite alone, by turns. Before each turn another connection changes the
 * address of a device, and the answer must tell it: nothing that was kept can be what is measured, but in the part
 * that is to show it.
 *
 * @throws where the two are not equal
 */
export async function measureHierarchy(database: WrittenDatabase, runs: number): Promise<HierarchyResult> {
  const stack = new CloseStack()
  try {
    // While no gateway has it open, the file is all there is.
    const copy = `${database.path}-copy`
    await copyFile(database.path, copy)
    const nested = stack.own(new TimedProgram(IN_SQLITE, [copy, 'nested']))
    const joined = stack.own(new TimedProgram(IN_SQLITE, [copy, 'joined']))
    const graphqlJs = stack.own(new TimedProgram(IN_PROCESS, [copy]))
    const gateway = stack.own(database.start())
    const url = await gateway.url
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    stack.defer(() => agent.destroy())
    const ask = () => timedPost(agent, url, HIERARCHY)
    const { text } = await ask()
    checkEqual(text, { nested: await nested.text(), joined: await joined.text() })
    const devices = new DeviceAddresses(database.path)
    stack.defer(() => devices.close())
    const turns: HierarchyTurn[] = []
    for (let turn = 1 - WARM_UP; turn <= runs; turn += 1) {
      if (turn > 0) tell(`hierarchy ${turn} of ${runs}`)
      const address = devices.change(turn + WARM_UP)
      const changed = await ask()
      if (!changed.text.includes(`"${address}"`)) throw new Error('The answer of the gateway is out of date.')
      // An answer is kept once it was asked for twice.
      await ask()
      const unchanged = await ask()
      const measured = {
        changed: timesOf(changed),
        unchanged: timesOf(unchanged),
        nestedMs: (await nested.run()).ms,
        joinedMs: (await joined.run()).ms,
        graphqlJsMs: (await graphqlJs.run()).ms,
      }
      if (turn > 0) turns.push(measured)
    }
    const { statements } = await graphqlJs.facts<{ statements: number }>()
    const peakMemoryBytes = usageOf(gateway.pid)?.peakMemoryBytes ?? null
    return { turns, bytes: Buffer.byteLength(text), statements, peakMemoryBytes }
  } finally {
    await stack.close()
  }
}

function timesOf({ firstByteMs, lastByteMs }: TimedAnswer): { firstByteMs: number; lastByteMs: number } {
  return { firstByteMs, lastByteMs }
}

/** Writes to the database beside the gateway. */
class DeviceAddresses {
  readonly #sqlite: Sqlite.Database
  readonly #update: Sqlite.Statement<[string, number]>
  readonly #ids: number[]

  constructor(path: string) {
    this.#sqlite = new Sqlite(path, { timeout: 5_000 })
    this.#update = this.#sqlite.prepare('update devices set address = ? where id = ?')
    this.#ids = this.#sqlite
      .prepare<[], number>('select id from devices order by name limit 100')
      .pluck()
      .all()
  }

  /** Gives one of the devices an address that no device has had. */
  change(turn: number): string {
    const address = `192.0.2.${turn}`
    this.#update.run(address, this.#ids[turn % this.#ids.length] ?? 1)
    return address
  }

  close(): void {
    this.#sqlite.close()
  }
}

function checkEqual(answer: string, texts: Readonly<Record<string, string>>): void {
  const hierarchy = JSON.parse(answer) as Hierarchy
  if (!hierarchy.data) throw new Error(`The hierarchy has errors: ${answer.slice(0, 500)}`)
  for (const { sites } of hierarchy.data.countries) {
    for (const { devices } of sites) {
      for (const device of devices) device.id = Number(decodeGlobalId(String(device.id)).id)
    }
  }
  const expected = JSON.stringify(hierarchy.data)
  for (const [name, text] of Object.entries(texts)) {
    const { data } = JSON.parse(text) as Hierarchy
    if (JSON.stringify(data) !== expected) {
      throw new Error(`The statement "${name}" gives another hierarchy than the gateway does.`)
    }
  }
}
