import { RollcallError } from '../base/errors.ts'
import type { CredentialRow } from '../store/credential-store.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import type { RunContext } from './run-context.ts'

export interface ResumedCredential {
  credential: CredentialRow
  /** The refresh that tries it on one device; null if it is ACTIVE. */
  refresh: RefreshRow | null
}

/**
 * Tries a credential that is suspended, or on trial since a restart, on one device: of those that need it,
 * the one that was SUPPORTED most recently. If that device accepts it, later refreshes probe the others
 * again. If anything fails before the refresh is stored, the credential stays suspended.
 *
 * @param startTrial starts a refresh of the device with this id
 * @throws RollcallError NOT_FOUND if the configuration has no credential of that name, or no device needs it.
 */
export async function resumeCredential(
  context: RunContext,
  name: string,
  startTrial: (deviceId: number) => Promise<RefreshRow>,
): Promise<ResumedCredential> {
  const { guard, log } = context
  await guard.load()
  const credential = guard.row(name)
  if (credential === null)
    throw new RollcallError('NOT_FOUND', `The configuration has no credential "${name.slice(0, 100)}".`)
  if (credential.state === 'ACTIVE') return { credential, refresh: null }
  const device = await trialDevice(context, name)
  await guard.putOnTrial(name)
  const onTrial = guard.row(name) ?? credential
  try {
    const refresh = await startTrial(device.deviceId)
    log.info(
      { event: 'credential.on_trial', credential: name, deviceId: device.deviceId, device: device.name },
      'credential on trial',
    )
    return { credential: onTrial, refresh }
  } catch (failure) {
    guard.endTrial(name)
    throw failure
  }
}

async function trialDevice({ tasks, holds, store, clock }: RunContext, name: string) {
  for await (const device of store.refreshes.likeliestTargets()) {
    // A device with another hold would not be probed.
    const hold = holds.holdOf(device, clock.now())
    const isHeld = hold === 'DECOMMISSIONED' || hold === 'HOST_KEY_CHANGED'
    if (tasks.credentialOf(device) === name && !isHeld) return device
  }
  throw new RollcallError(
    'NOT_FOUND',
    `No active device uses the credential "${name}", so it cannot be tried.`,
  )
}
