import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import type { FieldNames } from '../../../src/inventory/check-record.ts'
import type { Inventory } from '../../../src/inventory/record.ts'
import { createSource } from '../../../src/sources/create-source.ts'
import type { InventorySource } from '../../../src/sources/source.ts'
import { writeSettled } from '../../support/settled-file.ts'

/** A signal that never aborts. */
export const never = new AbortController().signal

/** The inventory files of a test, in a folder of its own. */
export class InventoryFiles {
  folder = ''

  pathOf(file: string): string {
    return join(this.folder, file)
  }

  sourceOf(file: string, fields: FieldNames = {}, clock: Clock = systemClock): InventorySource {
    return createSource(
      { name: 'global', type: 'file', path: this.pathOf(file), fields },
      { defaultPort: 830, clock },
    )
  }

  /** Writes the file and fetches the inventory in it. */
  async fetchFrom(file: string, content: string | Uint8Array, fields?: FieldNames): Promise<Inventory> {
    await writeSettled(this.pathOf(file), content)
    return await this.sourceOf(file, fields).fetch(never)
  }
}

/** Call this once in a file of tests, before them. */
export function useInventoryFiles(): InventoryFiles {
  const files = new InventoryFiles()
  beforeEach(async () => {
    files.folder = await mkdtemp(join(tmpdir(), 'rollcall-sources-'))
  })
  afterEach(async () => {
    await rm(files.folder, { recursive: true })
  })
  return files
}

export const fra = { name: 'fra-01', address: '10.0.0.1', site: '0012', country: 'Germany' }
export const tyo = { name: 'tyo-01', address: '2001:db8::1', site: 'Tokyo, 1', country: 'Japan', port: 22 }
/** The records of both devices with their defaults. */
export const checked = [
  { ...fra, key: null, port: 830, region: null, platform: null, credential: null },
  { ...tyo, key: null, region: null, platform: null, credential: null },
]
