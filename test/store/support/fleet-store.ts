import type { Kysely } from 'kysely'
import { silentLogger } from '../../../src/base/log.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import type { Database } from '../../../src/store/tables/database.ts'
import { FleetWriter, type PlainDevice } from './plain-fleet.ts'
import { newDatabase, otherConnection } from './test-database.ts'

/** A store over a fleet, for the tests of a file or for one run of a property. */
export interface FleetStore extends AsyncDisposable {
  store: Store
  /** What the store ran since the fleet was written. */
  statements: string[]
  writer: FleetWriter
  /** For statements that the store itself does not run. */
  db: Kysely<Database>
}

export async function fleetStore(devices: readonly PlainDevice[]): Promise<FleetStore> {
  // What is there already goes again where the rest cannot be had.
  await using stack = new AsyncDisposableStack()
  const { database, remove } = await newDatabase()
  stack.defer(remove)
  const statements: string[] = []
  const store = await openStore({ database, log: silentLogger, onStatement: (text) => statements.push(text) })
  stack.defer(() => store.close())
  const db = otherConnection(database)
  stack.defer(() => db.destroy())
  const writer = new FleetWriter(db)
  await writer.write(devices)
  statements.length = 0
  const all = stack.move()
  return { store, statements, writer, db, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** With ids, and no two of a name at one site. */
export function numbered(devices: readonly Omit<PlainDevice, 'id'>[]): PlainDevice[] {
  const byPlace = new Map(devices.map((device) => [`${device.site.id} ${device.name}`, device]))
  return [...byPlace.values()].map((device, index) => ({ ...device, id: index + 1 }))
}
