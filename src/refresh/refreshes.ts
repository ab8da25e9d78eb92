import type { CredentialRow } from '../store/credential-store.ts'
import type { SyncPlanRow } from '../store/inventory/sync-plan-store.ts'
import type { HoldConditions } from '../store/query/filters.ts'
import type { RefreshRow } from '../store/refresh-store.ts'
import type { ActivityCounts } from './activity.ts'
import type { RefreshEvents } from './events.ts'
import type { HeldDevice, ProbeHold } from './holds.ts'
import type { OfferedKey } from './host-keys.ts'
import type { SyncRequest } from './inventory/inventory-service.ts'
import type {
  BulkResult,
  Decommissioning,
  DeviceInput,
  DevicePatch,
  DeviceSelection,
} from './inventory/manual-devices.ts'
import type { ReceiverCounts } from './notify/webhooks.ts'
import type { RefreshProgress } from './progress.ts'
import type { RefreshRequest, RefreshRequested } from './refresh-request.ts'
import type { HoldSettings, RefreshSnapshot } from './refresh-snapshot.ts'
import type { ResumedCredential } from './resume-credential.ts'
import type { BudgetState } from './throttle/throttle.ts'

/**
 * What only the engine does. Arguments and results are plain data, because the caller may be another process.
 * `RefreshService` and `InventoryService` say what each method does and how it fails.
 */
export interface EngineCommands {
  request(request: RefreshRequest): Promise<RefreshRequested>
  retry(id: number, requestedBy: string | null): Promise<RefreshRequested>
  cancel(id: number): Promise<RefreshRow>
  syncInventory(request: SyncRequest): Promise<SyncPlanRow[]>
  approveSyncPlan(id: number, by: string): Promise<SyncPlanRow>
  rejectSyncPlan(id: number, by: string): Promise<SyncPlanRow>
  onboardDevice(input: DeviceInput, by: string): Promise<number>
  updateDevice(id: number, patch: DevicePatch, by: string): Promise<void>
  decommissionDevice(id: number, decided: Decommissioning): Promise<void>
  decommissionDevices(
    selection: DeviceSelection,
    expected: number,
    decided: Decommissioning,
  ): Promise<BulkResult>
  trustHostKey(key: OfferedKey, by: string): Promise<void>
  trustHostKeys(keys: readonly OfferedKey[], by: string): Promise<BulkResult>
  resumeCredential(name: string, requestedBy: string | null): Promise<ResumedCredential>
}

/** The refreshes and the inventory, as the API sees them. The engine is in this process or in another one. */
export interface Refreshes extends EngineCommands {
  /** Announces what has been committed, whichever process did it. */
  readonly events: RefreshEvents
  /** Resolves with the last row of a refresh once it has ended; at once if this process does not run it. */
  ended(row: RefreshRow): Promise<RefreshRow>
  /** Returns the present progress of a refresh that runs, and that of the row of any other. */
  progress(row: RefreshRow): RefreshProgress
  /** Returns why a device is not probed; null if nothing holds it back. */
  holdOf(device: HeldDevice): ProbeHold | null
  /** Returns what `holdOf` knows of all devices, for a filter. */
  holdConditions(): HoldConditions
  /** Returns the credentials in the order of the configuration, with their states. */
  credentials(): Promise<CredentialRow[]>
  /** The settings with which `RefreshSnapshotView` decides what is held, in another thread. */
  readonly holdSettings: HoldSettings
  /** Returns the state from which `RefreshSnapshotView` answers in another thread. */
  snapshot(): Promise<RefreshSnapshot>
  budgets(): BudgetState[]
  /** One sentence on what keeps results from being written at present; null if nothing does. */
  readonly pausedBecause: string | null
  /** The milliseconds since the engine last completed a refresh of everything; null before the first. */
  readonly sinceCycleMs: number | null
  /** The number of refreshes that run. */
  readonly running: number
  /** What became of the webhooks for each receiver since the engine started. */
  readonly webhooks: readonly ReceiverCounts[]
  /** What the engine has done since it was started. */
  readonly activity: ActivityCounts
}
