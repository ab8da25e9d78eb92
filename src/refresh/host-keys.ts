import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { RollcallError } from '../base/errors.ts'
import { decodeText, fileProblem } from '../base/files.ts'
import { KnownHosts } from '../netconf/ssh/host-keys.ts'
import type { Store } from '../store/store.ts'

/** An OpenSSH known-hosts file, which other programs may change at any time. */
export class KnownHostsFile {
  readonly path: string
  #last: { text: string; hosts: KnownHosts } | undefined

  constructor(path: string) {
    this.path = path
  }

  /**
   * Returns the present content of the file.
   *
   * @throws RollcallError CONFIG_INVALID if it cannot be read.
   */
  async read(): Promise<KnownHosts> {
    const text = await readFile(this.path).then(decodeText, (failure: unknown) => {
      const problem =
        `The known-hosts file ${this.path} ${fileProblem(failure)}; no device was probed, because no ` +
        'host key can be checked.'
      throw new RollcallError('CONFIG_INVALID', problem, {
        cause: failure,
        publicMessage: problem.replaceAll(this.path, basename(this.path)),
      })
    })
    // The same text keeps its object, which remembers the hashed names that it has resolved.
    if (this.#last?.text !== text) this.#last = { text, hosts: new KnownHosts(text) }
    return this.#last.hosts
  }
}

/** A host key that a device offers in place of the known one. */
export interface OfferedKey {
  deviceId: number
  fingerprint: string
}

/**
 * Replaces the key by which a device is known with the one that it offered, if that has this fingerprint. The
 * change log records who did so (`by`) and when (`at`, epoch milliseconds).
 *
 * @throws RollcallError NOT_FOUND if the device does not exist, CONFLICT if there is no key to trust, and
 * BAD_USER_INPUT if the fingerprint differs.
 */
export async function trustHostKey(
  store: Store,
  knownHosts: KnownHostsFile | null,
  { deviceId, fingerprint }: OfferedKey,
  change: { by: string; at: number },
): Promise<void> {
  const [device] = await store.devices.byIds([deviceId])
  if (!device) throw new RollcallError('NOT_FOUND', 'There is no device with this id.')
  if (knownHosts !== null) {
    throw new RollcallError(
      'CONFLICT',
      `Host keys are checked against ${basename(knownHosts.path)}. ` +
        `Add the new key of ${device.name} to that file.`,
    )
  }
  if (await store.hostKeys.trust(deviceId, fingerprint, change)) return
  const [known] = await store.hostKeys.ofDevices([deviceId])
  if (!known?.offeredFingerprint) {
    throw new RollcallError(
      'CONFLICT',
      `${device.name} has offered no other host key than the known one, so there is none to trust.`,
    )
  }
  throw new RollcallError(
    'BAD_USER_INPUT',
    `The key that ${device.name} offered has the fingerprint ${known.offeredFingerprint}, not ` +
      `${JSON.stringify(fingerprint.slice(0, 100))}; nothing was changed.`,
  )
}
