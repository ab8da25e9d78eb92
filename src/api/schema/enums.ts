import { DEVICE_LIFECYCLES } from '../../inventory/record.ts'
import { PROBE_OUTCOMES, PROBE_PHASES, type ProbeOutcome } from '../../netconf/outcome/outcome.ts'
import { PROBE_HOLDS } from '../../refresh/holds.ts'
import { SYNC_PLAN_STATES } from '../../store/inventory/sync-plan-store.ts'
import { REFRESH_STATES, REFRESH_TRIGGERS } from '../../store/refresh-store.ts'
import { CHANGE_ACTIONS, type ChangeAction } from '../../store/results/change-store.ts'
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
  SKIPPED: 'Not attempted, because the device is held back (see ProbeHold).',
}

export const ProbeOutcomeEnum = builder.enumType('ProbeOutcome', {
  description: 'How a probe ended. Each probe has exactly one outcome.',
  values: valuesOf(PROBE_OUTCOMES, OUTCOME_DESCRIPTIONS),
})

export const ProbePhaseEnum = builder.enumType('ProbePhase', {
  description: 'The phases of a probe, in their order.',
  values: valuesOf(PROBE_PHASES, {
    QUEUED: 'The probe had not begun.',
    RESOLVE: 'Looking up the host name.',
    CONNECT: 'Opening the TCP connection.',
    KEY_EXCHANGE: 'SSH versions, algorithms, key exchange and host key.',
    AUTHENTICATE: 'Logging in.',
    SUBSYSTEM: 'Opening a channel and requesting the netconf subsystem.',
    HELLO: 'Exchanging the NETCONF hellos.',
    FACTS: 'Reading the YANG library and the facts.',
    CLOSE: 'Closing the session, after everything else was done.',
  }),
})

export const ProbeHoldEnum = builder.enumType('ProbeHold', {
  description: 'Why a device is not being probed.',
  values: valuesOf(PROBE_HOLDS, {
    DECOMMISSIONED: 'The device is no longer in the inventory.',
    CREDENTIAL_SUSPENDED: 'Devices rejected the credential too often in a row; see `resumeCredential`.',
    HOST_KEY_CHANGED: 'The device showed a host key other than the known one; see `trustHostKey`.',
    NO_CREDENTIAL: 'The configuration has no credential for the device.',
    BACKING_OFF: 'The device keeps failing and is not probed for a while; `force` probes it anyway.',
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
  description: 'Whether the device showed the known host key at its last probe.',
  values: {
    TRUSTED: { description: 'The device showed the known key.' },
    CHANGED: { description: 'The device showed another key. It is not probed until that key is trusted.' },
  } as const,
})

export const RefreshStateEnum = builder.enumType('RefreshState', {
  description: 'The state of a refresh. COMPLETED, CANCELLED and FAILED are final.',
  values: valuesOf(REFRESH_STATES, {
    QUEUED: 'The refresh was requested and has not begun.',
    SYNCING: 'The inventory is being fetched.',
    PROBING: 'Devices are being probed.',
    COMPLETED: 'Every device in scope has a result, whatever its outcome.',
    CANCELLED: 'Somebody cancelled the refresh. The results so far are kept.',
    FAILED: 'The refresh could not continue; `error` says why.',
    INTERRUPTED: 'Rollcall was stopped during the refresh, which continues at the next start.',
  }),
})

export const RefreshTriggerEnum = builder.enumType('RefreshTrigger', {
  description: 'The cause of a refresh.',
  values: valuesOf(REFRESH_TRIGGERS, {
    SCHEDULE: 'The interval of the schedule had passed.',
    MUTATION: 'Somebody requested it over the API.',
    STARTUP: 'Rollcall was started.',
    CLI: 'Somebody ran the command `rollcall refresh`.',
  }),
})

export const SyncPlanStateEnum = builder.enumType('SyncPlanState', {
  description: 'Whether a sync plan was applied, and if not, why.',
  values: valuesOf(SYNC_PLAN_STATES, {
    APPLIED: 'The whole plan was applied.',
    AWAITING_APPROVAL:
      'New and updated devices were applied. The rest waits until somebody approves or rejects it.',
    REJECTED: 'Somebody rejected the part that awaited approval.',
    EXPIRED: 'The plan awaited approval until a newer plan of its source replaced it.',
    DRY_RUN: 'The sync was a dry run: nothing was applied.',
    FAILED: 'The source could not be read. Nothing was changed.',
  }),
})

const ACTION_DESCRIPTIONS: Record<ChangeAction, string> = {
  CREATED: 'The device was seen for the first time.',
  UPDATED: 'Fields of the device changed.',
  DECOMMISSIONED:
    'No source lists the device any more, or somebody decommissioned it. It is no longer probed.',
  RESTORED: 'A decommissioned device is active again.',
  HOST_KEY_TRUSTED: 'The known host key of the device was replaced.',
  CAPABILITIES_CHANGED:
    'A session offered other capabilities than the session before. The changed field is `capability`.',
  FACTS_CHANGED: 'The device reported other facts than before.',
}

export const ChangeActionEnum = builder.enumType('ChangeAction', {
  description: 'The kind of a change.',
  values: valuesOf(CHANGE_ACTIONS, ACTION_DESCRIPTIONS),
})

export const OrderDirectionEnum = builder.enumType('OrderDirection', {
  description: 'Whether the smallest or the largest value comes first.',
  values: {
    ASC: { description: 'Ascending: the smallest, the first of the alphabet, or the oldest first.' },
    DESC: { description: 'Descending: the largest, the last of the alphabet, or the newest first.' },
  } as const,
})

/** Returns the values of an enum with their descriptions. */
export function valuesOf<T extends string>(names: readonly T[], descriptions: Record<T, string>) {
  const entries = names.map((name) => [name, { value: name, description: descriptions[name] }])
  return Object.fromEntries(entries) as Record<T, { value: T; description: string }>
}
