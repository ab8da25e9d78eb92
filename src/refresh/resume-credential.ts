import { RollcallError } from '../base/errors.ts'
import type { CredentialRow } from '../store/credential-store.ts'
import type { RunContext } from './run-context.ts'

/**
 * Lets a suspended credential be tried again. `canary` is the id of the device that is to try it: the active one that
 * opened a session most recently of those that need it; null where the credential was not suspended.
 *
 * @throws RollcallError NOT_FOUND for a name that the configuration has not, and where no device needs the credential.
 */
export async function putOnTrial(
  { guard, tasks, holds, store, clock, log }: RunContext,
  name: string,
): Promise<{ credential: CredentialRow; canary: number | null }> {
  await guard.load()
  const row = guard.row(name)
  if (row === null)
    throw new RollcallError('NOT_FOUND', `The configuration has no credential "${name.slice(0, 100)}".`)
  if (!guard.isSuspended(name)) return { credential: row, canary: null }
  for await (const device of store.refreshes.likeliestTargets()) {
    // Another hold would keep it from being asked.
    if (tasks.credentialOf(device) !== name || holds.of(device, clock.now()) !== 'CREDENTIAL_SUSPENDED')
      continue
    guard.putOnTrial(name)
    await guard.save()
    log.info({ credential: name, device: device.name }, 'credential on trial')
    return { credential: guard.row(name) ?? row, canary: device.deviceId }
  }
  throw new RollcallError(
    'NOT_FOUND',
    `No active device needs the credential "${name}", so that none can try it.`,
  )
}
