import type { DeviceRow } from '../../store/device-store.ts'
import type { PlannedChange as PlannedChangeRow, SyncPlanRow } from '../../store/inventory/sync-plan-store.ts'
import type { CountryRow, SiteRow } from '../../store/inventory-store.ts'
import type { ProbeRow } from '../../store/probe-store.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'

import type { ChangeRow } from '../../store/results/change-store.ts'

import { builder } from './builder.ts'

// The entities refer to each other in circles. Their files import these references, so the imports do not.

export const Country = builder.objectRef<CountryRow>('Country')
export const Site = builder.objectRef<SiteRow>('Site')
export const Device = builder.objectRef<DeviceRow>('Device')
export const Probe = builder.objectRef<ProbeRow>('Probe')
export const Refresh = builder.objectRef<RefreshRow>('Refresh')
export const SyncPlan = builder.objectRef<SyncPlanRow>('SyncPlan')
export const PlannedChange = builder.objectRef<PlannedChangeRow>('PlannedChange')
export const Change = builder.objectRef<ChangeRow>('Change')

export const SiteConnection = builder.connectionObject(
  { type: Site, name: 'SiteConnection' },
  { name: 'SiteEdge' },
)
export const DeviceConnection = builder.connectionObject(
  { type: Device, name: 'DeviceConnection' },
  { name: 'DeviceEdge' },
)
export const ProbeConnection = builder.connectionObject(
  { type: Probe, name: 'ProbeConnection' },
  { name: 'ProbeEdge' },
)
export const RefreshConnection = builder.connectionObject(
  { type: Refresh, name: 'RefreshConnection' },
  { name: 'RefreshEdge' },
)
export const SyncPlanConnection = builder.connectionObject(
  { type: SyncPlan, name: 'SyncPlanConnection' },
  { name: 'SyncPlanEdge' },
)
export const PlannedChangeConnection = builder.connectionObject(
  { type: PlannedChange, name: 'PlannedChangeConnection' },
  { name: 'PlannedChangeEdge' },
)
export const ChangeConnection = builder.connectionObject(
  { type: Change, name: 'ChangeConnection' },
  { name: 'ChangeEdge' },
)
