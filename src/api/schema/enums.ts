import { DEVICE_LIFECYCLES } from '../../inventory/record.ts'
import { PROBE_OUTCOMES, PROBE_PHASES, type ProbeOutcome } from '../../netconf/protocol/outcome.ts'
import { PROBE_HOLDS } from '../../refresh/holds.ts'
import { CHANGE_ACTIONS, type ChangeAction } from '../../store/change-store.ts'
import { REFRESH_STATES, REFRESH_TRIGGERS } from '../../store/refresh-store.ts'
import { SYNC_PLAN_STATES } from '../../store/sync-plan-store.ts'
import { builder } from './builder.ts'

const OUTCOME_DESCRIPTIONS: Record<ProbeOutcome, string> = {
  SUPPORTED: 'A NETCONF session opened and offers every required capability.',
  MISSING_CAPABILITIES: 'A NETCONF session opened but lacks a required capability.',
  NO_NETCONF: 'SSH opened, but the server refused the netconf subsystem.',
  DNS_FAILED: 'The name did not resolve.',
  CONNECTION_REFUSED: 'The TCP connection was refused or reset before SSH began.',
  UNREACHABLE: 'No route, or no answer to the TCP connection within its time.',
  SSH_FAILED: 'SSH version or algorithm negotiation, or key exchange, failed.',
  HOST_KEY_CHANGED: 'The host key differs from the one the device is known by.',
  AUTH_FAILED: 'The server rejected the credentials.',
  PROTOCOL_ERROR:
    'The peer broke the NETCONF protocol: no hello, bad framing, malformed XML, an oversized message.',
  CONNECTION_LOST: 'The peer closed the connection in the middle of the exchange.',
  TIMEOUT: "The probe's deadline passed; `phase` says where.",
  CANCELLED: 'The refresh was cancelled before the probe ended.',
  SKIPPED: 'Not attempted: a guard held the device back (see ProbeHold).',
}

export const ProbeOutcomeEnum = builder.enumType('ProbeOutcome', {
  description: 'How one probe ended. Exactly one holds.',
  values: valuesOf(PROBE_OUTCOMES, OUTCOME_DESCRIPTIONS),
})

export const ProbePhaseEnum = builder.enumType('ProbePhase', {
  description: 'How far a probe came, in the order in which a probe goes through its phases.',
  values: valuesOf(PROBE_PHASES, {
    QUEUED: 'It had not begun.',
    RESOLVE: 'Looking up the host name.',
    CONNECT: 'Opening the TCP connection.',
    KEY_EXCHANGE: 'SSH versions, algorithms, key exchange and host key.',
    AUTHENTICATE: 'Logging in.',
    SUBSYSTEM: 'Opening a channel and asking for the netconf subsystem.',
    HELLO: 'Exchanging the NETCONF hellos.',
    FACTS: 'Reading the YANG library and the facts.',
    CLOSE: 'Closing the session: all else was done.',
  }),
})

export const ProbeHoldEnum = builder.enumType('ProbeHold', {
  description: 'Why a device is not being probed.',
  values: valuesOf(PROBE_HOLDS, {
    DECOMMISSIONED: 'The inventory does not have it any more.',
    CREDENTIAL_SUSPENDED: 'Devices rejected its credential too often in a row; see `resumeCredential`.',
    HOST_KEY_CHANGED: 'It showed another host key than the one it is known by; see `trustHostKey`.',
    NO_CREDENTIAL: 'The configuration has no credential for it.',
    BACKING_OFF: 'It keeps failing and is left alone for a while; `force` asks it all the same.',
  }),
})

export const DeviceLifecycleEnum = builder.enumType('DeviceLifecycle', {
  description: 'A decommissioned device keeps its history and is no longer probed.',
  values: valuesOf(DEVICE_LIFECYCLES, {
    ACTIVE: 'A source lists it, or somebody onboarded it.',
    DECOMMISSIONED: 'No source lists it any more, or somebody decommissioned it.',
  }),
})

export const HostKeyStateEnum = builder.enumType('HostKeyState', {
  description: 'Whether the device, when it was last asked, showed the key that it is known by.',
  values: {
    TRUSTED: { description: 'It showed that one.' },
    CHANGED: { description: 'It showed another one; it is not probed until that is trusted.' },
  } as const,
})

export const RefreshStateEnum = builder.enumType('RefreshState', {
  description: 'Where a refresh stands. COMPLETED, CANCELLED and FAILED are final.',
  values: valuesOf(REFRESH_STATES, {
    QUEUED: 'It was asked for and has not begun.',
    SYNCING: 'The inventory is being fetched.',
    PROBING: 'Devices are being probed.',
    COMPLETED: 'Every device in scope has its result, whichever.',
    CANCELLED: 'Somebody ended it; the results so far are kept.',
    FAILED: 'It could not go on; `error` says why.',
    INTERRUPTED: 'Rollcall was stopped in the midst of it; it goes on at the next start.',
  }),
})

export const RefreshTriggerEnum = builder.enumType('RefreshTrigger', {
  description: 'What made a refresh start.',
  values: valuesOf(REFRESH_TRIGGERS, {
    SCHEDULE: 'The interval had passed.',
    MUTATION: 'Somebody asked over the API.',
    STARTUP: 'Rollcall came up.',
    CLI: 'Somebody ran the command `rollcall refresh`.',
  }),
})

export const SyncPlanStateEnum = builder.enumType('SyncPlanState', {
  description: 'What became of a sync plan.',
  values: valuesOf(SYNC_PLAN_STATES, {
    APPLIED: 'All of it was applied.',
    AWAITING_APPROVAL: 'All of it was applied but the decommissioning, which waits until somebody decides.',
    REJECTED: 'Somebody decided that nothing is decommissioned.',
    EXPIRED: 'It awaited approval until a newer plan of its source took its place.',
    DRY_RUN: 'Nothing was to be applied.',
    FAILED: 'The source could not be read, and nothing was changed.',
  }),
})

const ACTION_DESCRIPTIONS: Record<ChangeAction, string> = {
  CREATED: 'The device was seen for the first time.',
  UPDATED: 'Something else is said of the device.',
  DECOMMISSIONED: 'The device is no longer listed, or somebody decommissioned it: it is no longer probed.',
  RESTORED: 'A decommissioned device is back.',
  HOST_KEY_TRUSTED: 'The key that the device is known by was replaced with another one.',
  CAPABILITIES_CHANGED:
    'A session offered other capabilities than the one before; `capability` is the field.',
  FACTS_CHANGED: 'The device said something else of itself than before.',
}

export const ChangeActionEnum = builder.enumType('ChangeAction', {
  description: 'What happened to a device.',
  values: valuesOf(CHANGE_ACTIONS, ACTION_DESCRIPTIONS),
})

export const OrderDirectionEnum = builder.enumType('OrderDirection', {
  description: 'Which way things are sorted.',
  values: {
    ASC: { description: 'The least, the first of the alphabet, or the oldest first.' },
    DESC: { description: 'The greatest, the last of the alphabet, or the newest first.' },
  } as const,
})

/** The values of an enum, each with its description. */
export function valuesOf<T extends string>(names: readonly T[], descriptions: Record<T, string>) {
  const entries = names.map((name) => [name, { value: name, description: descriptions[name] }])
  return Object.fromEntries(entries) as Record<T, { value: T; description: string }>
}
