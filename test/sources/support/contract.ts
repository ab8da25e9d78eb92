import { inspect } from 'node:util'
import { expect, onTestFinished } from 'vitest'
import { RollcallError } from '../../../src/base/errors.ts'
import { never } from './inventory-file.ts'
import {
  devices,
  fileRig,
  httpRig,
  netboxRig,
  PAGE_SIZE,
  type Rig,
  type RigOptions,
  type ServerRig,
  solarwindsRig,
  type TestDevice,
} from './subjects.ts'

/** Four pages, the last of them not full. */
export const FLEET = devices(3 * PAGE_SIZE + 1)

type Start<R extends Rig> = (given: readonly TestDevice[], options?: RigOptions) => Promise<R>

/** Starts the source with the devices of `FLEET`. It is closed with the test. */
export async function start<R extends Rig>(by: Start<R>, options?: RigOptions): Promise<R> {
  const rig = await by(FLEET, options)
  onTestFinished(() => rig.close())
  return rig
}

/**
 * Returns the sentence with which a fetch fails, and checks that nothing in the error or its causes holds a
 * secret.
 */
export async function failureOf({ source, ...rig }: Rig | ServerRig): Promise<string> {
  const failure = await source.fetch(never).then(
    (inventory) => `gave ${inventory.records.length} records`,
    (thrown: unknown) => thrown,
  )
  if (!(failure instanceof RollcallError)) throw new Error('It did not fail.', { cause: failure })
  expect(failure.code).toBe('SOURCE_FAILED')
  expect(failure.message).toMatch(/^\S.*\.$/)
  if ('secrets' in rig) {
    const shown = inspect(failure, { depth: Number.POSITIVE_INFINITY })
    for (const secret of rig.secrets) expect(shown).not.toContain(secret)
    return failure.message.replaceAll(rig.server.url, 'URL')
  }
  return failure.message
}

/** All sources, by their names. */
export const all: [string, Start<Rig>][] = [
  ['file', fileRig],
  ['http', httpRig],
  ['netbox', netboxRig],
  ['solarwinds', solarwindsRig],
]
/** The sources that are fetched from a server. */
export const servers: [string, Start<ServerRig>][] = [
  ['http', httpRig],
  ['netbox', netboxRig],
  ['solarwinds', solarwindsRig],
]
/** The sources whose servers give pages. */
export const paged = servers.slice(1)
