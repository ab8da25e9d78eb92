import type { Generated } from 'kysely'
import type { Role } from '../../base/caller.ts'
import type { DeviceLifecycle } from '../../inventory/record.ts'
import type { ProbeOutcome, ProbePhase } from '../../netconf/outcome/outcome.ts'

/** The contract's `RefreshState`. */
export const REFRESH_STATES = [
  'QUEUED',
  'SYNCING',
  'PROBING',
  'COMPLETED',
  'CANCELLED',
  'FAILED',
  'INTERRUPTED',
] as const
export type RefreshState = (typeof REFRESH_STATES)[number]

/** The contract's `RefreshTrigger`. */
export const REFRESH_TRIGGERS = ['SCHEDULE', 'MUTATION', 'STARTUP', 'CLI'] as const
export type RefreshTrigger = (typeof REFRESH_TRIGGERS)[number]

/** The contract's `CredentialState`. */
export const CREDENTIAL_STATES = ['ACTIVE', 'SUSPENDED', 'ON_TRIAL'] as const
export type CredentialState = (typeof CREDENTIAL_STATES)[number]

/** The contract's `SyncPlanState`. */
export const SYNC_PLAN_STATES = [
  'APPLIED',
  'AWAITING_APPROVAL',
  'REJECTED',
  'EXPIRED',
  'DRY_RUN',
  'FAILED',
] as const
export type SyncPlanState = (typeof SYNC_PLAN_STATES)[number]

/** The contract's `ChangeAction`. */
export const CHANGE_ACTIONS = [
  'CREATED',
  'UPDATED',
  'DECOMMISSIONED',
  'RESTORED',
  'HOST_KEY_TRUSTED',
  'CAPABILITIES_CHANGED',
  'FACTS_CHANGED',
] as const
export type ChangeAction = (typeof CHANGE_ACTIONS)[number]

/** The contract's `ProcessRole`. */
export const PROCESS_ROLES = ['ALL', 'API', 'ENGINE', 'PROBER'] as const
export type ProcessRole = (typeof PROCESS_ROLES)[number]

/**
 * The tables as they stand after the last migration. Times are epoch milliseconds, JSON is text, booleans 0
 * and 1.
 */
export interface Database {
  countries: {
    id: Generated<number>
    name: string
    region: string | null
  }
  sites: {
    id: Generated<number>
    country_id: number
    name: string
    /** A copy of the id, as in `devices`: SQLite cannot bound an index scan by the id itself. */
    id_key: Generated<number>
    /** Maintained by triggers on `devices`. */
    active_devices: Generated<number>
  }
  devices: {
    id: Generated<number>
    id_key: Generated<number>
    site_id: number
    name: string
    address: string
    port: number
    platform: string | null
    credential: string | null
    lifecycle: DeviceLifecycle
    source: string
    first_seen_at: number
    last_seen_at: number
    last_probe_id: number | null
    last_outcome: ProbeOutcome | null
    last_phase: ProbePhase | null
    last_probed_at: number | null
    /** `last_probed_at`, or −1 if it was never probed; a generated column, as `id_key` is. */
    last_probed_key: Generated<number>
    last_supported_at: number | null
    netconf_supported: number | null
    capability_set_id: number | null
    missing_capabilities: Generated<string>
    /** Probes in a row that opened no session. */
    failures: Generated<number>
    back_off_until: number | null
    /** When the device last gave the facts in `device_facts`. */
    facts_read_at: number | null
    /** The stable key in the source; null if the source gives none. */
    source_key: string | null
    /** Who decommissioned it by hand; null if a source did, and while it is active. */
    decommissioned_by: string | null
  }
  capability_sets: {
    id: Generated<number>
    /** SHA-256 of the sorted URIs joined by line feeds, in hex. */
    hash: string
    uris: string
  }
  capability_set_members: {
    set_id: number
    uri: string
    namespace: string
    module: string | null
    revision: string | null
  }
  refreshes: {
    id: Generated<number>
    state: RefreshState
    trigger: RefreshTrigger
    requested_by: string | null
    scope: string
    sync: number
    force: number
    created_at: number
    started_at: number | null
    finished_at: number | null
    error: string | null
    /** Null until the targets are settled. */
    total: number | null
    outcome_counts: Generated<string>
    /** The refresh that this one retries; null if it is no retry. */
    retry_of: number | null
    /** The counts of the inventory at the end; null until then, and for refreshes of older versions. */
    summary: string | null
  }
  refresh_targets: {
    refresh_id: number
    device_id: number
    position: number
  }
  probes: {
    id: Generated<number>
    device_id: number
    refresh_id: number | null
    /** 1, 2, 3 … within the refresh, in the order of commits; null outside of a refresh. */
    seq: number | null
    outcome: ProbeOutcome
    phase: ProbePhase
    message: string | null
    started_at: number
    duration_ms: number
    attempt: number
    capability_set_id: number | null
    missing_capabilities: string
    /** Null if the key exchange did not get so far. */
    algorithms: string | null
    /** A list of sentences as JSON; null if there are none. */
    notes: string | null
    /** Milliseconds by phase, in the order of the phases; null for probes of older versions. */
    phases: string | null
  }
  host_keys: {
    device_id: number
    algorithm: string
    fingerprint: string
    first_seen_at: number
    /** Another key that was offered; null, as are the next two, if there is none. */
    offered_algorithm: string | null
    offered_fingerprint: string | null
    offered_at: number | null
  }
  device_facts: {
    device_id: number
    hostname: string | null
    vendor: string | null
    model: string | null
    os_version: string | null
    serial_number: string | null
    read_from: string
  }
  tokens: {
    id: Generated<number>
    name: string
    role: Role
    /** SHA-256 of the secret, in hex. */
    hash: string
    created_at: number
    last_used_at: number | null
    revoked_at: number | null
  }
  credentials: {
    name: string
    state: CredentialState
    /** Rejected logins in a row. */
    rejections: number
    suspended_at: number | null
  }
  sync_plans: {
    id: Generated<number>
    source: string
    state: SyncPlanState
    reason: string | null
    created: number
    updated: number
    decommissioned: number
    unchanged: number
    /** A list of `RejectedRow`. */
    rejected: string
    digest: string
    moved: Generated<number>
    /** A list of sentences. */
    warnings: Generated<string>
    planned_at: number
    decided_at: number | null
    decided_by: string | null
    /** Null if it has no changes, or is from a version that did not store them. */
    change_set_id: number | null
  }
  /** Lists of planned changes. Plans with equal lists share one. */
  planned_change_sets: {
    id: Generated<number>
    /** SHA-256 of the changes in hex; null if no other plan may share the list. */
    hash: string | null
  }
  planned_changes: {
    id: Generated<number>
    set_id: number
    action: ChangeAction
    /** Null for a device that would be created. */
    device_id: number | null
    name: string
    site: string
    country: string
    /** A list of `ChangedField`. */
    fields: string
    /** Whether the change awaits approval. */
    is_held: number
  }
  changes: {
    id: Generated<number>
    at: number
    actor: string
    action: ChangeAction
    device_id: number
    /** A list of `ChangedField`. */
    fields: string
  }
  processes: {
    name: string
    role: ProcessRole
    /** A list of names. */
    regions: string
    version: string
    started_at: number
    /** By the clock of the database. */
    last_seen_at: number
    is_active: number
    probes_in_flight: number
    /** How many devices a prober probes at once; null for other roles. */
    concurrency: number | null
  }
  /** The engine that works, in one row with the id 1. */
  engine: {
    id: number
    /** Counts the engines that have taken over. What an engine of an earlier term writes is refused. */
    term: number
    /** The name of its process; null once it has ended in order. */
    holder: string | null
    /** When it last wrote its state, by the clock of the database. */
    seen_at: number
    /** An `EngineState` as JSON; null until it has written one. */
    state: string | null
  }
  /** What other processes ask the engine to do. */
  engine_commands: {
    id: Generated<number>
    /** A method of `EngineCommands`. */
    name: string
    /** A list as JSON. */
    arguments: string
    /** By the clock of the database. */
    sent_at: number
    /** The term of the engine that does it; null until one does. */
    term: number | null
    /** JSON; null until it is done. */
    answer: string | null
  }
  rates: {
    key: string
    points: number
    /** When the points begin again at 0, by the clock of the database. */
    ends_at: number
  }
}
