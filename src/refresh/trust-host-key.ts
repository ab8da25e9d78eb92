import { RollcallError } from '../base/errors.ts'
import type { Store } from '../store/store.ts'
import type { KnownHostsFile } from './known-hosts-file.ts'

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
  { deviceId, fingerprint }: { deviceId: number; fingerprint: string },
  change: { by: string; at: number },
): Promise<void> {
  const [device] = await store.devices.byIds([deviceId])
  if (!device) throw new RollcallError('NOT_FOUND', 'There is no device with this id.')
  if (knownHosts !== null) {
    throw new RollcallError(
      'CONFLICT',
      `Host keys are checked against ${knownHosts.path}, so it is that file which must hold the new key of ${device.name}.`,
    )
  }
  if (await store.hostKeys.trust(deviceId, fingerprint, change)) return
  const [known] = await store.hostKeys.ofDevices([deviceId])
  if (!known?.offeredFingerprint) {
    throw new RollcallError(
      'CONFLICT',
      `${device.name} has not offered another host key than the one it is known by, so there is none to trust.`,
    )
  }
  throw new RollcallError(
    'BAD_USER_INPUT',
    `The key that ${device.name} offered has the fingerprint ${known.offeredFingerprint}, not ${JSON.stringify(fingerprint.slice(0, 100))}; nothing was changed.`,
  )
}
