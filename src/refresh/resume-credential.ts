import { RollcallError } from '../base/errors.ts'
import type { CredentialRow } from '../store/credential-store.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import type { RunContext } from './run-context.ts'

export interface ResumedCredential {
  credential: CredentialRow
  /** The refresh that tries it on one device; null where it was not suspended. */
  refresh: RefreshRow | null
}

/**
 * Has a suspended credential tried again on the device that was SUPPORTED most recently of those that need it: where that
 * accepts it, later refreshes probe the others again. Either all of that is written down, or it is suspended still.
 *
 * @param startCanary starts a refresh of the device with this id
 * @throws RollcallError NOT_FOUND for a name that the configuration has not, and where no device needs the credential.
 */
export async function resumeCredential(
  context: RunContext,
  name: string,
  startCanary: (deviceId: number) => Promise<RefreshRow>,
): Promise<ResumedCredential> {
  const { guard, log } = context
  await guard.load()
  const credential = guard.row(name)
  if (credential === null)
    throw new RollcallError('NOT_FOUND', `The configuration has no credential "${name.slice(0, 100)}".`)
  if (!guard.isSuspended(name)) return { credential, refresh: null }
  const canary = await canaryFor(context, name)
  await guard.putOnTrial(name)
  const onTrial = guard.row(name) ?? credential
  try {
    const refresh = await startCanary(canary.deviceId)
    log.info({ credential: name, device: canary.name }, 'credential on trial')
    return { credential: onTrial, refresh }
  } catch (failure) {
    guard.endTrial(name)
    throw failure
  }
}

async function canaryFor({ tasks, holds, store, clock }: RunContext, name: string) {
  for await (const device of store.refreshes.likeliestTargets()) {
    // Another hold would keep it from being asked.
    const hold = holds.of(device, clock.now())
    if (tasks.credentialOf(device) === name && hold === 'CREDENTIAL_SUSPENDED') return device
  }
  throw new RollcallError(
    'NOT_FOUND',
    `No active device needs the credential "${name}", so that none can try it.`,
  )
}
