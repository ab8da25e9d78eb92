/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
/** All given fields must match the same capability. */
export type CapabilityFilter = {
  /** The earliest revision, YYYY-MM-DD. */
  minRevision?: string | null | undefined;
  /** Name of the YANG module: ietf-interfaces. */
  module?: StringFilter | null | undefined;
  /** The URI as advertised, parameters included. */
  uri?: StringFilter | null | undefined;
};

/** The kind of a change. */
export type ChangeAction =
  /** A session offered other capabilities than the session before. The changed field is `capability`. */
  | 'CAPABILITIES_CHANGED'
  /** The device was seen for the first time. */
  | 'CREATED'
  /** No source lists the device any more, or somebody decommissioned it. It is no longer probed. */
  | 'DECOMMISSIONED'
  /** The device reported other facts than before. */
  | 'FACTS_CHANGED'
  /** The known host key of the device was replaced. */
  | 'HOST_KEY_TRUSTED'
  /** A decommissioned device is active again. */
  | 'RESTORED'
  /** Fields of the device changed. */
  | 'UPDATED';

/** All given fields must match. */
export type ChangeFilter = {
  /** One of these kinds of changes. */
  action?: Array<ChangeAction> | null | undefined;
  /** Who made the change; see `Change.actor`. */
  actor?: StringFilter | null | undefined;
  /** The name of the device as it is now. Decommissioned devices match as well. */
  name?: StringFilter | null | undefined;
  /** This filter must not match. */
  not?: ChangeFilter | null | undefined;
  /** At least one of these filters must match, in addition to the other fields. An empty list matches nothing. */
  or?: Array<ChangeFilter> | null | undefined;
  /** Applied at this time or later. */
  since?: string | null | undefined;
  /** The site of the device as it is now. */
  site?: SiteFilter | null | undefined;
  /** Applied before this time. */
  until?: string | null | undefined;
};

/** All given fields must match. */
export type CountryFilter = {
  /** The name as the source gives it. */
  name?: StringFilter | null | undefined;
  /** This filter must not match. */
  not?: CountryFilter | null | undefined;
  /** At least one of these filters must match, in addition to the other fields. An empty list matches nothing. */
  or?: Array<CountryFilter> | null | undefined;
  /** The operator's own grouping, for example EMEA. */
  region?: StringFilter | null | undefined;
};

/** Whether a credential is in use. */
export type CredentialState =
  /** Devices are probed with it. */
  | 'ACTIVE'
  /** It was resumed, or Rollcall was restarted. It is tried on one device, and on the others when that device accepts it. */
  | 'ON_TRIAL'
  /** Devices rejected it too often in a row. It is not used until it is resumed. */
  | 'SUSPENDED';

/** All given fields must match. Unless `lifecycle` is given somewhere in the filter, only active devices match. */
export type DeviceFilter = {
  /** IPv4, IPv6 or host name, without the port. */
  address?: StringFilter | null | undefined;
  /** The last opened session offered such a capability. */
  hasCapability?: CapabilityFilter | null | undefined;
  /** Whether something keeps the device from being probed at present; see `Device.probeHold`. */
  held?: boolean | null | undefined;
  /** Whether the device last showed another host key than the one it is known by. */
  hostKeyChanged?: boolean | null | undefined;
  /** One of these devices; at most 1000 ids. Inside `not`, it leaves devices out of those that match. */
  ids?: Array<string | number> | null | undefined;
  /** The last opened session offered no such capability. */
  lacksCapability?: CapabilityFilter | null | undefined;
  /** Default: ACTIVE, unless it is given elsewhere in the filter. */
  lifecycle?: DeviceLifecycle | null | undefined;
  /** The model in the facts that were last read. */
  model?: StringFilter | null | undefined;
  /** The name as the source gives it. */
  name?: StringFilter | null | undefined;
  /** Whether the last probe ended in SUPPORTED. Devices that were never probed match neither true nor false. */
  netconfSupported?: boolean | null | undefined;
  /** This filter must not match. */
  not?: DeviceFilter | null | undefined;
  /** At least one of these filters must match, in addition to the other fields. An empty list matches nothing. */
  or?: Array<DeviceFilter> | null | undefined;
  /** The version of the operating system in the facts that were last read. */
  osVersion?: StringFilter | null | undefined;
  /** The last probe ended in one of these outcomes. */
  outcome?: Array<ProbeOutcome> | null | undefined;
  /** The last probe ended in one of these phases. */
  phase?: Array<ProbePhase> | null | undefined;
  /** The platform as the source gives it. A device without a platform matches no condition. */
  platform?: StringFilter | null | undefined;
  /** Devices whose last probe is older than this, or that were never probed. */
  probedBefore?: string | null | undefined;
  /** The site of the device must match. */
  site?: SiteFilter | null | undefined;
  /** The vendor in the facts that were last read. */
  vendor?: StringFilter | null | undefined;
};

/** The property by which devices are grouped. */
export type DeviceGrouping =
  /** The name of the country. */
  | 'COUNTRY'
  /** The credential that the source names for the device. */
  | 'CREDENTIAL'
  /** The model in the facts that were last read. */
  | 'MODEL'
  /** The version of the operating system in the facts that were last read. */
  | 'OS_VERSION'
  /** The outcome of the last probe. */
  | 'OUTCOME'
  /** The phase in which the last probe ended. */
  | 'PHASE'
  /** The platform as the source gives it. */
  | 'PLATFORM'
  /** The region of the country. */
  | 'REGION'
  /** The name of the site. Sites of one name in several countries are one group. */
  | 'SITE'
  /** The vendor in the facts that were last read. */
  | 'VENDOR';

/** A decommissioned device keeps its history and is no longer probed. */
export type DeviceLifecycle =
  /** A source lists it, or somebody onboarded it. */
  | 'ACTIVE'
  /** No source lists it any more, or somebody decommissioned it. */
  | 'DECOMMISSIONED';

/** The order of devices. Ties are broken the same way each time. */
export type DeviceOrder = {
  /** The direction of the order. */
  direction?: OrderDirection | null | undefined;
  /** The field to sort by. */
  field: DeviceOrderField;
};

/** The field by which devices are sorted. */
export type DeviceOrderField =
  /** Address as text: 10.0.0.10 comes before 10.0.0.9. */
  | 'ADDRESS'
  /** Name of the country, then of the site, then of the device. */
  | 'COUNTRY'
  /** When the last probe ended. In ascending order, devices that were never probed come first. */
  | 'LAST_PROBED_AT'
  /** When a source last reported the device. */
  | 'LAST_SEEN_AT'
  /** Name of the device. */
  | 'NAME'
  /** Name of the site, then of the device. */
  | 'SITE';

/** Whether the device showed the known host key at its last probe. */
export type HostKeyState =
  /** The device showed another key. It is not probed until that key is trusted. */
  | 'CHANGED'
  /** The device showed the known key. */
  | 'TRUSTED';

/** A device, and the key that it offers and that somebody has looked at. */
export type HostKeyTrust = {
  /** The id of a `Device` whose host key is CHANGED. */
  deviceId: string | number;
  /** The fingerprint of the offered key. */
  fingerprint: string;
};

/** Whether the smallest or the largest value comes first. */
export type OrderDirection =
  /** Ascending: the smallest, the first of the alphabet, or the oldest first. */
  | 'ASC'
  /** Descending: the largest, the last of the alphabet, or the newest first. */
  | 'DESC';

/** Why a device is not being probed. */
export type ProbeHold =
  /** The device keeps failing and is not probed for a while; `force` probes it anyway. */
  | 'BACKING_OFF'
  /** Devices rejected the credential too often in a row; see `resumeCredential`. */
  | 'CREDENTIAL_SUSPENDED'
  /** The device is no longer in the inventory. */
  | 'DECOMMISSIONED'
  /** The device showed a host key other than the known one; see `trustHostKey`. */
  | 'HOST_KEY_CHANGED'
  /** The configuration has no credential for the device. */
  | 'NO_CREDENTIAL';

/** How a probe ended. Each probe has exactly one outcome. */
export type ProbeOutcome =
  /** The server rejected the credentials. */
  | 'AUTH_FAILED'
  /** The refresh was cancelled before the probe ended. */
  | 'CANCELLED'
  /** The peer closed the connection in the middle of the exchange. */
  | 'CONNECTION_LOST'
  /** The TCP connection was refused or reset before SSH began. */
  | 'CONNECTION_REFUSED'
  /** The name did not resolve. */
  | 'DNS_FAILED'
  /** The host key differs from the one the device is known by. */
  | 'HOST_KEY_CHANGED'
  /** A NETCONF session opened but lacks a required capability. */
  | 'MISSING_CAPABILITIES'
  /** SSH opened, but the server refused the netconf subsystem. */
  | 'NO_NETCONF'
  /** The peer broke the NETCONF protocol: no hello, bad framing, malformed XML, an oversized message. */
  | 'PROTOCOL_ERROR'
  /** Not attempted, because the device is held back (see ProbeHold). */
  | 'SKIPPED'
  /** SSH version or algorithm negotiation, or key exchange, failed. */
  | 'SSH_FAILED'
  /** A NETCONF session opened and offers every required capability. */
  | 'SUPPORTED'
  /** The probe's deadline passed; `phase` says where. */
  | 'TIMEOUT'
  /** No route, or no answer to the TCP connection within its time. */
  | 'UNREACHABLE';

/** The phases of a probe, in their order. */
export type ProbePhase =
  /** Logging in. */
  | 'AUTHENTICATE'
  /** Closing the session, after everything else was done. */
  | 'CLOSE'
  /** Opening the TCP connection. */
  | 'CONNECT'
  /** Reading the YANG library and the facts. */
  | 'FACTS'
  /** Exchanging the NETCONF hellos. */
  | 'HELLO'
  /** SSH versions, algorithms, key exchange and host key. */
  | 'KEY_EXCHANGE'
  /** The probe had not begun. */
  | 'QUEUED'
  /** Looking up the host name. */
  | 'RESOLVE'
  /** Opening a channel and requesting the netconf subsystem. */
  | 'SUBSYSTEM';

/** The state of a refresh. COMPLETED, CANCELLED and FAILED are final. */
export type RefreshState =
  /** Somebody cancelled the refresh. The results so far are kept. */
  | 'CANCELLED'
  /** Every device in scope has a result, whatever its outcome. */
  | 'COMPLETED'
  /** The refresh could not continue; `error` says why. */
  | 'FAILED'
  /** Rollcall was stopped during the refresh, which continues at the next start. */
  | 'INTERRUPTED'
  /** Devices are being probed. */
  | 'PROBING'
  /** The refresh was requested and has not begun. */
  | 'QUEUED'
  /** The inventory is being fetched. */
  | 'SYNCING';

/** The cause of a refresh. */
export type RefreshTrigger =
  /** Somebody ran the command `rollcall refresh`. */
  | 'CLI'
  /** Somebody requested it over the API. */
  | 'MUTATION'
  /** The interval of the schedule had passed. */
  | 'SCHEDULE'
  /** Rollcall was started. */
  | 'STARTUP';

/** The roles, from the least to the most powerful. Each includes the rights of those before it. */
export type Role =
  /** May also change the inventory and decide which host keys are trusted. */
  | 'ADMIN'
  /** May also start and stop refreshes and syncs. */
  | 'OPERATOR'
  /** May read and follow everything. */
  | 'VIEWER';

/** All given fields must match. */
export type SiteFilter = {
  /** The country of the site must match. */
  country?: CountryFilter | null | undefined;
  /** The name as the source gives it. */
  name?: StringFilter | null | undefined;
  /** This filter must not match. */
  not?: SiteFilter | null | undefined;
  /** At least one of these filters must match, in addition to the other fields. An empty list matches nothing. */
  or?: Array<SiteFilter> | null | undefined;
};

/** The scope of a refresh: the devices of everything that is listed, or all devices if no list is given. An empty list is refused. */
export type StartRefreshInput = {
  /** Ids of countries: all their active devices. */
  countryIds?: Array<string | number> | null | undefined;
  /** Ids of devices. Decommissioned ones are left out. */
  deviceIds?: Array<string | number> | null | undefined;
  /** All devices that match when the refresh starts; not together with lists of ids. */
  filter?: DeviceFilter | null | undefined;
  /** Whether to probe also devices that were probed within the cool-down, and devices that are backing off because they keep failing. Default: false. */
  force?: boolean | null | undefined;
  /** Ids of sites: all their active devices. */
  siteIds?: Array<string | number> | null | undefined;
  /** Whether to fetch the inventory first. Default: true if no scope is given, else false. */
  sync?: boolean | null | undefined;
};

/** A case-sensitive condition on a text, without wildcards. All given fields must hold. */
export type StringFilter = {
  /** Contains this. */
  contains?: string | null | undefined;
  /** Equal to this. */
  eq?: string | null | undefined;
  /** Equal to one of these. */
  in?: Array<string> | null | undefined;
  /** Begins with this. */
  startsWith?: string | null | undefined;
};

/** Whether a sync plan was applied, and if not, why. */
export type SyncPlanState =
  /** The whole plan was applied. */
  | 'APPLIED'
  /** New and updated devices were applied. The rest waits until somebody approves or rejects it. */
  | 'AWAITING_APPROVAL'
  /** The sync was a dry run: nothing was applied. */
  | 'DRY_RUN'
  /** The plan awaited approval until a newer plan of its source replaced it. */
  | 'EXPIRED'
  /** The source could not be read. Nothing was changed. */
  | 'FAILED'
  /** Somebody rejected the part that awaited approval. */
  | 'REJECTED';

export type StartRefreshMutationVariables = Exact<{
  input: StartRefreshInput;
}>;


export type StartRefreshMutation = { startRefresh: { started: boolean, refresh: { id: string, trigger: RefreshTrigger, state: RefreshState, createdAt: string, startedAt: string | null, finishedAt: string | null, requestedBy: string | null, error: string | null, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } } } };

export type RetryRefreshMutationVariables = Exact<{
  id: string | number;
}>;


export type RetryRefreshMutation = { retryRefresh: { started: boolean, refresh: { id: string, trigger: RefreshTrigger, state: RefreshState, createdAt: string, startedAt: string | null, finishedAt: string | null, requestedBy: string | null, error: string | null, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } } } };

export type CancelRefreshMutationVariables = Exact<{
  id: string | number;
}>;


export type CancelRefreshMutation = { cancelRefresh: { refresh: { id: string, trigger: RefreshTrigger, state: RefreshState, createdAt: string, startedAt: string | null, finishedAt: string | null, requestedBy: string | null, error: string | null, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } } } };

export type TrustHostKeyMutationVariables = Exact<{
  deviceId: string | number;
  fingerprint: string;
}>;


export type TrustHostKeyMutation = { trustHostKey: { device: { id: string, hostKey: { state: HostKeyState } | null } } };

export type ResumeCredentialMutationVariables = Exact<{
  name: string;
}>;


export type ResumeCredentialMutation = { resumeCredential: { credential: { name: string, state: CredentialState }, refresh: { id: string } | null } };

export type DecommissionDeviceMutationVariables = Exact<{
  id: string | number;
  reason?: string | null | undefined;
}>;


export type DecommissionDeviceMutation = { decommissionDevice: { device: { id: string, lifecycle: DeviceLifecycle } } };

export type DecommissionDevicesMutationVariables = Exact<{
  ids?: Array<string | number> | string | number | null | undefined;
  filter?: DeviceFilter | null | undefined;
  expected: number;
  reason?: string | null | undefined;
}>;


export type DecommissionDevicesMutation = { decommissionDevices: { done: number, left: Array<{ reason: string, device: { id: string, name: string } }> } };

export type TrustHostKeysMutationVariables = Exact<{
  keys: Array<HostKeyTrust> | HostKeyTrust;
}>;


export type TrustHostKeysMutation = { trustHostKeys: { done: number, left: Array<{ reason: string, device: { id: string, name: string } }> } };

export type BulkLeftFragment = { reason: string, device: { id: string, name: string } };

export type ChangesQueryVariables = Exact<{
  deviceId?: string | number | null | undefined;
  filter?: ChangeFilter | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type ChangesQuery = { changes: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, at: string, actor: string, action: ChangeAction, device: { id: string, name: string, site: { name: string } } | null, fields: Array<{ field: string, before: string | null, after: string | null }> }> } };

export type DeviceDetailQueryVariables = Exact<{
  id: string | number;
}>;


export type DeviceDetailQuery = { node:
    | { id: string }
    | { id: string }
    | { source: string, firstSeenAt: string, lastSeenAt: string, lastSupportedAt: string | null, nextProbeAt: string | null, id: string, name: string, address: string, port: number, platform: string | null, lifecycle: DeviceLifecycle, probeHold: ProbeHold | null, lastProbedAt: string | null, missingCapabilities: Array<string>, facts: { hostname: string | null, serialNumber: string | null, readFrom: string, readAt: string, vendor: string | null, model: string | null, osVersion: string | null } | null, capabilities: Array<{ uri: string, module: string | null, revision: string | null, features: Array<string> }>, hostKey: { algorithm: string, fingerprint: string, state: HostKeyState, firstSeenAt: string, offeredFingerprint: string | null } | null, lastProbe: { id: string, startedAt: string, notes: Array<string>, outcome: ProbeOutcome, phase: ProbePhase, message: string | null, durationMs: number, phases: Array<{ phase: ProbePhase, durationMs: number }>, algorithms: { kex: string, cipher: string, mac: string | null, hostKey: string, legacy: boolean } | null } | null, probes: { nodes: Array<{ id: string, outcome: ProbeOutcome, phase: ProbePhase, message: string | null, durationMs: number, startedAt: string, attempt: number, refresh: { id: string } | null }> }, changes: { nodes: Array<{ id: string, at: string, actor: string, action: ChangeAction, fields: Array<{ field: string, before: string | null, after: string | null }> }> }, site: { name: string }, country: { name: string, region: string | null } }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
   | null };

export type ChangeLineFragment = { id: string, at: string, actor: string, action: ChangeAction, fields: Array<{ field: string, before: string | null, after: string | null }> };

export type DeviceRowsQueryVariables = Exact<{
  filter?: DeviceFilter | null | undefined;
  orderBy?: DeviceOrder | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type DeviceRowsQuery = { devices: { pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, name: string, address: string, port: number, platform: string | null, lifecycle: DeviceLifecycle, probeHold: ProbeHold | null, lastProbedAt: string | null, missingCapabilities: Array<string>, lastProbe: { outcome: ProbeOutcome, phase: ProbePhase, message: string | null, durationMs: number } | null, facts: { vendor: string | null, model: string | null, osVersion: string | null } | null, site: { name: string }, country: { name: string, region: string | null } }> } };

export type DeviceCountQueryVariables = Exact<{
  filter?: DeviceFilter | null | undefined;
}>;


export type DeviceCountQuery = { devices: { totalCount: number } };

export type FilterValuesQueryVariables = Exact<{
  by: DeviceGrouping;
}>;


export type FilterValuesQuery = { groups: Array<{ value: string | null }> };

export type ChangedKeysQueryVariables = Exact<{
  filter?: DeviceFilter | null | undefined;
}>;


export type ChangedKeysQuery = { devices: { totalCount: number, nodes: Array<{ id: string, name: string, site: { name: string }, hostKey: { state: HostKeyState, fingerprint: string, offeredFingerprint: string | null } | null }> } };

export type DevicePositionQueryVariables = Exact<{
  filter?: DeviceFilter | null | undefined;
  orderBy?: DeviceOrder | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type DevicePositionQuery = { devices: { pageInfo: { endCursor: string | null } } };

export type DeviceKeysQueryVariables = Exact<{
  filter?: DeviceFilter | null | undefined;
  orderBy?: DeviceOrder | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type DeviceKeysQuery = { devices: { pageInfo: { endCursor: string | null }, nodes: Array<{ id: string }> } };

export type DeviceLinesSubscriptionVariables = Exact<{
  filter?: DeviceFilter | null | undefined;
}>;


export type DeviceLinesSubscription = { deviceChanges: Array<{ id: string, name: string, address: string, port: number, platform: string | null, lifecycle: DeviceLifecycle, probeHold: ProbeHold | null, lastProbedAt: string | null, missingCapabilities: Array<string>, lastProbe: { outcome: ProbeOutcome, phase: ProbePhase, message: string | null, durationMs: number } | null, facts: { vendor: string | null, model: string | null, osVersion: string | null } | null, site: { name: string }, country: { name: string, region: string | null } }> };

export type DeviceLineFragment = { id: string, name: string, address: string, port: number, platform: string | null, lifecycle: DeviceLifecycle, probeHold: ProbeHold | null, lastProbedAt: string | null, missingCapabilities: Array<string>, lastProbe: { outcome: ProbeOutcome, phase: ProbePhase, message: string | null, durationMs: number } | null, facts: { vendor: string | null, model: string | null, osVersion: string | null } | null, site: { name: string }, country: { name: string, region: string | null } };

export type FindQueryVariables = Exact<{
  devices: DeviceFilter;
  sites: SiteFilter;
  countries: CountryFilter;
}>;


export type FindQuery = { devices: { nodes: Array<{ id: string, name: string, site: { name: string } }> }, sites: { nodes: Array<{ id: string, name: string, country: { name: string } }> }, countries: Array<{ id: string, name: string }>, regions: Array<{ value: string | null }> };

export type OverviewQueryVariables = Exact<{ [key: string]: never; }>;


export type OverviewQuery = { countries: Array<{ id: string, name: string, code: string | null, region: string | null, summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } }>, refreshes: { nodes: Array<{ id: string, finishedAt: string | null, error: string | null, scope: { isEverything: boolean }, summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } | null }> }, gateway: { requiredCapabilities: Array<string>, credentials: Array<{ name: string, state: CredentialState, rejections: number, suspendedAt: string | null }> }, waitingPlans: { totalCount: number, nodes: Array<{ id: string, source: string, decommissioned: number, moved: number, reason: string | null }> }, changedKeys: { totalCount: number }, lacking: { totalCount: number } };

export type CountryPageQueryVariables = Exact<{
  country: string;
}>;


export type CountryPageQuery = { country: { id: string, name: string, code: string | null, region: string | null, summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> }, sites: Array<{ id: string, name: string, summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } }> } | null };

export type RegionPageQueryVariables = Exact<{
  region: string;
}>;


export type RegionPageQuery = { countries: Array<{ id: string, name: string, summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } }>, summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } };

export type SitePageQueryVariables = Exact<{
  country: string;
  site: string;
}>;


export type SitePageQuery = { site: { id: string, name: string, country: { id: string, name: string }, summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> }, devices: Array<{ id: string, name: string, address: string, port: number, platform: string | null, lifecycle: DeviceLifecycle, probeHold: ProbeHold | null, lastProbedAt: string | null, missingCapabilities: Array<string>, lastProbe: { outcome: ProbeOutcome, phase: ProbePhase, message: string | null, durationMs: number } | null, facts: { vendor: string | null, model: string | null, osVersion: string | null } | null, site: { name: string }, country: { name: string, region: string | null } }> } | null };

export type PlansQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  state?: Array<SyncPlanState> | SyncPlanState | null | undefined;
}>;


export type PlansQuery = { syncPlans: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, source: string, state: SyncPlanState, plannedAt: string, decidedAt: string | null, decidedBy: string | null, created: number, updated: number, moved: number, decommissioned: number, unchanged: number, reason: string | null, warnings: Array<string> }> } };

export type PlanPageQueryVariables = Exact<{
  id: string | number;
}>;


export type PlanPageQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, source: string, state: SyncPlanState, plannedAt: string, decidedAt: string | null, decidedBy: string | null, created: number, updated: number, moved: number, decommissioned: number, unchanged: number, reason: string | null, warnings: Array<string>, rejectedRecords: Array<{ position: number, record: string, reason: string }> }
   | null };

export type PlannedChangesQueryVariables = Exact<{
  id: string | number;
  action?: ChangeAction | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type PlannedChangesQuery = { node:
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string }
    | { id: string, changes: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ action: ChangeAction, name: string, site: string, country: string, device: { id: string } | null, fields: Array<{ field: string, before: string | null, after: string | null }> }> } }
   | null };

export type ApprovePlanMutationVariables = Exact<{
  id: string | number;
}>;


export type ApprovePlanMutation = { approveSyncPlan: { plan: { id: string, source: string, state: SyncPlanState, plannedAt: string, decidedAt: string | null, decidedBy: string | null, created: number, updated: number, moved: number, decommissioned: number, unchanged: number, reason: string | null, warnings: Array<string> } } };

export type RejectPlanMutationVariables = Exact<{
  id: string | number;
}>;


export type RejectPlanMutation = { rejectSyncPlan: { plan: { id: string, source: string, state: SyncPlanState, plannedAt: string, decidedAt: string | null, decidedBy: string | null, created: number, updated: number, moved: number, decommissioned: number, unchanged: number, reason: string | null, warnings: Array<string> } } };

export type PlanLineFragment = { id: string, source: string, state: SyncPlanState, plannedAt: string, decidedAt: string | null, decidedBy: string | null, created: number, updated: number, moved: number, decommissioned: number, unchanged: number, reason: string | null, warnings: Array<string> };

export type RefreshesQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
}>;


export type RefreshesQuery = { refreshes: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, trigger: RefreshTrigger, state: RefreshState, createdAt: string, startedAt: string | null, finishedAt: string | null, requestedBy: string | null, error: string | null, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } }> } };

export type RefreshPageQueryVariables = Exact<{
  id: string | number;
}>;


export type RefreshPageQuery = { refresh: { id: string, trigger: RefreshTrigger, state: RefreshState, createdAt: string, startedAt: string | null, finishedAt: string | null, requestedBy: string | null, error: string | null, retryOf: { id: string, createdAt: string } | null, scope: { sync: boolean, deviceCount: number, countries: Array<{ id: string, name: string }>, sites: Array<{ id: string, name: string }>, devices: Array<{ id: string, name: string }> }, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } } | null };

export type RefreshResultsQueryVariables = Exact<{
  id: string | number;
  outcome?: Array<ProbeOutcome> | ProbeOutcome | null | undefined;
  first: number;
  after?: string | null | undefined;
}>;


export type RefreshResultsQuery = { refresh: { id: string, probes: { totalCount: number, pageInfo: { hasNextPage: boolean, endCursor: string | null }, nodes: Array<{ id: string, outcome: ProbeOutcome, phase: ProbePhase, message: string | null, durationMs: number, startedAt: string, attempt: number, device: { id: string, name: string, site: { name: string }, country: { name: string } } }> } } | null };

export type ResultsSubscriptionVariables = Exact<{
  id: string | number;
  after?: string | null | undefined;
}>;


export type ResultsSubscription = { probeResults: { cursor: string, probes: Array<{ id: string, outcome: ProbeOutcome, phase: ProbePhase, message: string | null, durationMs: number, startedAt: string, attempt: number, device: { id: string, name: string, site: { name: string }, country: { name: string } } }>, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } } };

export type BudgetsQueryVariables = Exact<{ [key: string]: never; }>;


export type BudgetsQuery = { gateway: { budgets: Array<{ name: string, inUse: number, limit: number, perSecond: boolean, waiting: number }> } };

export type ResultLineFragment = { id: string, outcome: ProbeOutcome, phase: ProbePhase, message: string | null, durationMs: number, startedAt: string, attempt: number, device: { id: string, name: string, site: { name: string }, country: { name: string } } };

export type ViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type ViewerQuery = { viewer: { name: string, role: Role } };

export type StatusQueryVariables = Exact<{ [key: string]: never; }>;


export type StatusQuery = { summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> }, gateway: { version: string, nextScheduledRefreshAt: string | null, lastCompletedRefresh: { id: string, trigger: RefreshTrigger, state: RefreshState, createdAt: string, startedAt: string | null, finishedAt: string | null, requestedBy: string | null, error: string | null, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } } | null }, cycles: { nodes: Array<{ id: string, finishedAt: string | null, scope: { isEverything: boolean }, summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } | null }> }, refreshes: { nodes: Array<{ id: string, trigger: RefreshTrigger, state: RefreshState, createdAt: string, startedAt: string | null, finishedAt: string | null, requestedBy: string | null, error: string | null, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } }> } };

export type RefreshStatesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type RefreshStatesSubscription = { refreshes: { id: string, trigger: RefreshTrigger, state: RefreshState, createdAt: string, startedAt: string | null, finishedAt: string | null, requestedBy: string | null, error: string | null, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } } };

export type PulseQueryVariables = Exact<{
  id: string | number;
}>;


export type PulseQuery = { summary: { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> }, refresh: { id: string, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } } | null };

export type CountsFragment = { devices: number, supported: number, unprobed: number, oldestProbeAt: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> };

export type ProgressCountsFragment = { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> };

export type RefreshRowFragment = { id: string, trigger: RefreshTrigger, state: RefreshState, createdAt: string, startedAt: string | null, finishedAt: string | null, requestedBy: string | null, error: string | null, progress: { refreshId: string, state: RefreshState, total: number, done: number, inFlight: number, probesPerSecond: number, elapsedMs: number, etaMs: number | null, pausedBecause: string | null, byOutcome: Array<{ outcome: ProbeOutcome, count: number }> } };

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const BulkLeftFragmentDoc = new TypedDocumentString(`
    fragment BulkLeft on BulkLeft {
  device {
    id
    name
  }
  reason
}
    `, {"fragmentName":"BulkLeft"}) as unknown as TypedDocumentString<BulkLeftFragment, unknown>;
export const ChangeLineFragmentDoc = new TypedDocumentString(`
    fragment ChangeLine on Change {
  id
  at
  actor
  action
  fields {
    field
    before
    after
  }
}
    `, {"fragmentName":"ChangeLine"}) as unknown as TypedDocumentString<ChangeLineFragment, unknown>;
export const DeviceLineFragmentDoc = new TypedDocumentString(`
    fragment DeviceLine on Device {
  id
  name
  address
  port
  platform
  lifecycle
  probeHold
  lastProbedAt
  missingCapabilities
  lastProbe {
    outcome
    phase
    message
    durationMs
  }
  facts {
    vendor
    model
    osVersion
  }
  site {
    name
  }
  country {
    name
    region
  }
}
    `, {"fragmentName":"DeviceLine"}) as unknown as TypedDocumentString<DeviceLineFragment, unknown>;
export const PlanLineFragmentDoc = new TypedDocumentString(`
    fragment PlanLine on SyncPlan {
  id
  source
  state
  plannedAt
  decidedAt
  decidedBy
  created
  updated
  moved
  decommissioned
  unchanged
  reason
  warnings
}
    `, {"fragmentName":"PlanLine"}) as unknown as TypedDocumentString<PlanLineFragment, unknown>;
export const ResultLineFragmentDoc = new TypedDocumentString(`
    fragment ResultLine on Probe {
  id
  outcome
  phase
  message
  durationMs
  startedAt
  attempt
  device {
    id
    name
    site {
      name
    }
    country {
      name
    }
  }
}
    `, {"fragmentName":"ResultLine"}) as unknown as TypedDocumentString<ResultLineFragment, unknown>;
export const CountsFragmentDoc = new TypedDocumentString(`
    fragment Counts on InventorySummary {
  devices
  supported
  unprobed
  byOutcome {
    outcome
    count
  }
  oldestProbeAt
}
    `, {"fragmentName":"Counts"}) as unknown as TypedDocumentString<CountsFragment, unknown>;
export const ProgressCountsFragmentDoc = new TypedDocumentString(`
    fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}
    `, {"fragmentName":"ProgressCounts"}) as unknown as TypedDocumentString<ProgressCountsFragment, unknown>;
export const RefreshRowFragmentDoc = new TypedDocumentString(`
    fragment RefreshRow on Refresh {
  id
  trigger
  state
  createdAt
  startedAt
  finishedAt
  requestedBy
  error
  progress {
    ...ProgressCounts
  }
}
    fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}`, {"fragmentName":"RefreshRow"}) as unknown as TypedDocumentString<RefreshRowFragment, unknown>;
export const StartRefreshDocument = new TypedDocumentString(`
    mutation StartRefresh($input: StartRefreshInput!) {
  startRefresh(input: $input) {
    started
    refresh {
      ...RefreshRow
    }
  }
}
    fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}
fragment RefreshRow on Refresh {
  id
  trigger
  state
  createdAt
  startedAt
  finishedAt
  requestedBy
  error
  progress {
    ...ProgressCounts
  }
}`) as unknown as TypedDocumentString<StartRefreshMutation, StartRefreshMutationVariables>;
export const RetryRefreshDocument = new TypedDocumentString(`
    mutation RetryRefresh($id: ID!) {
  retryRefresh(id: $id) {
    started
    refresh {
      ...RefreshRow
    }
  }
}
    fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}
fragment RefreshRow on Refresh {
  id
  trigger
  state
  createdAt
  startedAt
  finishedAt
  requestedBy
  error
  progress {
    ...ProgressCounts
  }
}`) as unknown as TypedDocumentString<RetryRefreshMutation, RetryRefreshMutationVariables>;
export const CancelRefreshDocument = new TypedDocumentString(`
    mutation CancelRefresh($id: ID!) {
  cancelRefresh(id: $id) {
    refresh {
      ...RefreshRow
    }
  }
}
    fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}
fragment RefreshRow on Refresh {
  id
  trigger
  state
  createdAt
  startedAt
  finishedAt
  requestedBy
  error
  progress {
    ...ProgressCounts
  }
}`) as unknown as TypedDocumentString<CancelRefreshMutation, CancelRefreshMutationVariables>;
export const TrustHostKeyDocument = new TypedDocumentString(`
    mutation TrustHostKey($deviceId: ID!, $fingerprint: String!) {
  trustHostKey(deviceId: $deviceId, fingerprint: $fingerprint) {
    device {
      id
      hostKey {
        state
      }
    }
  }
}
    `) as unknown as TypedDocumentString<TrustHostKeyMutation, TrustHostKeyMutationVariables>;
export const ResumeCredentialDocument = new TypedDocumentString(`
    mutation ResumeCredential($name: String!) {
  resumeCredential(name: $name) {
    credential {
      name
      state
    }
    refresh {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<ResumeCredentialMutation, ResumeCredentialMutationVariables>;
export const DecommissionDeviceDocument = new TypedDocumentString(`
    mutation DecommissionDevice($id: ID!, $reason: String) {
  decommissionDevice(id: $id, reason: $reason) {
    device {
      id
      lifecycle
    }
  }
}
    `) as unknown as TypedDocumentString<DecommissionDeviceMutation, DecommissionDeviceMutationVariables>;
export const DecommissionDevicesDocument = new TypedDocumentString(`
    mutation DecommissionDevices($ids: [ID!], $filter: DeviceFilter, $expected: Int!, $reason: String) {
  decommissionDevices(
    ids: $ids
    filter: $filter
    expected: $expected
    reason: $reason
  ) {
    done
    left {
      ...BulkLeft
    }
  }
}
    fragment BulkLeft on BulkLeft {
  device {
    id
    name
  }
  reason
}`) as unknown as TypedDocumentString<DecommissionDevicesMutation, DecommissionDevicesMutationVariables>;
export const TrustHostKeysDocument = new TypedDocumentString(`
    mutation TrustHostKeys($keys: [HostKeyTrust!]!) {
  trustHostKeys(keys: $keys) {
    done
    left {
      ...BulkLeft
    }
  }
}
    fragment BulkLeft on BulkLeft {
  device {
    id
    name
  }
  reason
}`) as unknown as TypedDocumentString<TrustHostKeysMutation, TrustHostKeysMutationVariables>;
export const ChangesDocument = new TypedDocumentString(`
    query Changes($deviceId: ID, $filter: ChangeFilter, $first: Int!, $after: String) {
  changes(deviceId: $deviceId, filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...ChangeLine
      device {
        id
        name
        site {
          name
        }
      }
    }
  }
}
    fragment ChangeLine on Change {
  id
  at
  actor
  action
  fields {
    field
    before
    after
  }
}`) as unknown as TypedDocumentString<ChangesQuery, ChangesQueryVariables>;
export const DeviceDetailDocument = new TypedDocumentString(`
    query DeviceDetail($id: ID!) {
  node(id: $id) {
    id
    ... on Device {
      ...DeviceLine
      source
      firstSeenAt
      lastSeenAt
      lastSupportedAt
      nextProbeAt
      facts {
        hostname
        serialNumber
        readFrom
        readAt
      }
      capabilities {
        uri
        module
        revision
        features
      }
      hostKey {
        algorithm
        fingerprint
        state
        firstSeenAt
        offeredFingerprint
      }
      lastProbe {
        id
        startedAt
        notes
        phases {
          phase
          durationMs
        }
        algorithms {
          kex
          cipher
          mac
          hostKey
          legacy
        }
      }
      probes(first: 60) {
        nodes {
          id
          outcome
          phase
          message
          durationMs
          startedAt
          attempt
          refresh {
            id
          }
        }
      }
      changes(first: 50) {
        nodes {
          ...ChangeLine
        }
      }
    }
  }
}
    fragment ChangeLine on Change {
  id
  at
  actor
  action
  fields {
    field
    before
    after
  }
}
fragment DeviceLine on Device {
  id
  name
  address
  port
  platform
  lifecycle
  probeHold
  lastProbedAt
  missingCapabilities
  lastProbe {
    outcome
    phase
    message
    durationMs
  }
  facts {
    vendor
    model
    osVersion
  }
  site {
    name
  }
  country {
    name
    region
  }
}`) as unknown as TypedDocumentString<DeviceDetailQuery, DeviceDetailQueryVariables>;
export const DeviceRowsDocument = new TypedDocumentString(`
    query DeviceRows($filter: DeviceFilter, $orderBy: DeviceOrder, $first: Int!, $after: String) {
  devices(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...DeviceLine
    }
  }
}
    fragment DeviceLine on Device {
  id
  name
  address
  port
  platform
  lifecycle
  probeHold
  lastProbedAt
  missingCapabilities
  lastProbe {
    outcome
    phase
    message
    durationMs
  }
  facts {
    vendor
    model
    osVersion
  }
  site {
    name
  }
  country {
    name
    region
  }
}`) as unknown as TypedDocumentString<DeviceRowsQuery, DeviceRowsQueryVariables>;
export const DeviceCountDocument = new TypedDocumentString(`
    query DeviceCount($filter: DeviceFilter) {
  devices(filter: $filter, first: 1) {
    totalCount
  }
}
    `) as unknown as TypedDocumentString<DeviceCountQuery, DeviceCountQueryVariables>;
export const FilterValuesDocument = new TypedDocumentString(`
    query FilterValues($by: DeviceGrouping!) {
  groups(by: $by, first: 1000) {
    value
  }
}
    `) as unknown as TypedDocumentString<FilterValuesQuery, FilterValuesQueryVariables>;
export const ChangedKeysDocument = new TypedDocumentString(`
    query ChangedKeys($filter: DeviceFilter) {
  devices(filter: $filter, first: 1000) {
    totalCount
    nodes {
      id
      name
      site {
        name
      }
      hostKey {
        state
        fingerprint
        offeredFingerprint
      }
    }
  }
}
    `) as unknown as TypedDocumentString<ChangedKeysQuery, ChangedKeysQueryVariables>;
export const DevicePositionDocument = new TypedDocumentString(`
    query DevicePosition($filter: DeviceFilter, $orderBy: DeviceOrder, $first: Int!, $after: String) {
  devices(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    pageInfo {
      endCursor
    }
  }
}
    `) as unknown as TypedDocumentString<DevicePositionQuery, DevicePositionQueryVariables>;
export const DeviceKeysDocument = new TypedDocumentString(`
    query DeviceKeys($filter: DeviceFilter, $orderBy: DeviceOrder, $first: Int!, $after: String) {
  devices(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    pageInfo {
      endCursor
    }
    nodes {
      id
    }
  }
}
    `) as unknown as TypedDocumentString<DeviceKeysQuery, DeviceKeysQueryVariables>;
export const DeviceLinesDocument = new TypedDocumentString(`
    subscription DeviceLines($filter: DeviceFilter) {
  deviceChanges(filter: $filter, everyMs: 1000) {
    ...DeviceLine
  }
}
    fragment DeviceLine on Device {
  id
  name
  address
  port
  platform
  lifecycle
  probeHold
  lastProbedAt
  missingCapabilities
  lastProbe {
    outcome
    phase
    message
    durationMs
  }
  facts {
    vendor
    model
    osVersion
  }
  site {
    name
  }
  country {
    name
    region
  }
}`) as unknown as TypedDocumentString<DeviceLinesSubscription, DeviceLinesSubscriptionVariables>;
export const FindDocument = new TypedDocumentString(`
    query Find($devices: DeviceFilter!, $sites: SiteFilter!, $countries: CountryFilter!) {
  devices(filter: $devices, first: 8) {
    nodes {
      id
      name
      site {
        name
      }
    }
  }
  sites(filter: $sites, first: 5) {
    nodes {
      id
      name
      country {
        name
      }
    }
  }
  countries(filter: $countries) {
    id
    name
  }
  regions: groups(by: REGION, first: 100) {
    value
  }
}
    `) as unknown as TypedDocumentString<FindQuery, FindQueryVariables>;
export const OverviewDocument = new TypedDocumentString(`
    query Overview {
  countries {
    id
    name
    code
    region
    summary {
      ...Counts
    }
  }
  refreshes(first: 85, state: [COMPLETED]) {
    nodes {
      id
      finishedAt
      error
      scope {
        isEverything
      }
      summary {
        ...Counts
      }
    }
  }
  gateway {
    requiredCapabilities
    credentials {
      name
      state
      rejections
      suspendedAt
    }
  }
  waitingPlans: syncPlans(first: 20, state: [AWAITING_APPROVAL]) {
    totalCount
    nodes {
      id
      source
      decommissioned
      moved
      reason
    }
  }
  changedKeys: devices(filter: { hostKeyChanged: true }, first: 1) {
    totalCount
  }
  lacking: devices(filter: { outcome: [MISSING_CAPABILITIES] }, first: 1) {
    totalCount
  }
}
    fragment Counts on InventorySummary {
  devices
  supported
  unprobed
  byOutcome {
    outcome
    count
  }
  oldestProbeAt
}`) as unknown as TypedDocumentString<OverviewQuery, OverviewQueryVariables>;
export const CountryPageDocument = new TypedDocumentString(`
    query CountryPage($country: String!) {
  country(name: $country) {
    id
    name
    code
    region
    summary {
      ...Counts
    }
    sites {
      id
      name
      summary {
        ...Counts
      }
    }
  }
}
    fragment Counts on InventorySummary {
  devices
  supported
  unprobed
  byOutcome {
    outcome
    count
  }
  oldestProbeAt
}`) as unknown as TypedDocumentString<CountryPageQuery, CountryPageQueryVariables>;
export const RegionPageDocument = new TypedDocumentString(`
    query RegionPage($region: String!) {
  countries(filter: { region: { eq: $region } }) {
    id
    name
    summary {
      ...Counts
    }
  }
  summary(filter: { site: { country: { region: { eq: $region } } } }) {
    ...Counts
  }
}
    fragment Counts on InventorySummary {
  devices
  supported
  unprobed
  byOutcome {
    outcome
    count
  }
  oldestProbeAt
}`) as unknown as TypedDocumentString<RegionPageQuery, RegionPageQueryVariables>;
export const SitePageDocument = new TypedDocumentString(`
    query SitePage($country: String!, $site: String!) {
  site(name: $site, country: $country) {
    id
    name
    country {
      id
      name
    }
    summary {
      ...Counts
    }
    devices {
      ...DeviceLine
    }
  }
}
    fragment DeviceLine on Device {
  id
  name
  address
  port
  platform
  lifecycle
  probeHold
  lastProbedAt
  missingCapabilities
  lastProbe {
    outcome
    phase
    message
    durationMs
  }
  facts {
    vendor
    model
    osVersion
  }
  site {
    name
  }
  country {
    name
    region
  }
}
fragment Counts on InventorySummary {
  devices
  supported
  unprobed
  byOutcome {
    outcome
    count
  }
  oldestProbeAt
}`) as unknown as TypedDocumentString<SitePageQuery, SitePageQueryVariables>;
export const PlansDocument = new TypedDocumentString(`
    query Plans($first: Int!, $after: String, $state: [SyncPlanState!]) {
  syncPlans(first: $first, after: $after, state: $state) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...PlanLine
    }
  }
}
    fragment PlanLine on SyncPlan {
  id
  source
  state
  plannedAt
  decidedAt
  decidedBy
  created
  updated
  moved
  decommissioned
  unchanged
  reason
  warnings
}`) as unknown as TypedDocumentString<PlansQuery, PlansQueryVariables>;
export const PlanPageDocument = new TypedDocumentString(`
    query PlanPage($id: ID!) {
  node(id: $id) {
    id
    ... on SyncPlan {
      ...PlanLine
      rejectedRecords {
        position
        record
        reason
      }
    }
  }
}
    fragment PlanLine on SyncPlan {
  id
  source
  state
  plannedAt
  decidedAt
  decidedBy
  created
  updated
  moved
  decommissioned
  unchanged
  reason
  warnings
}`) as unknown as TypedDocumentString<PlanPageQuery, PlanPageQueryVariables>;
export const PlannedChangesDocument = new TypedDocumentString(`
    query PlannedChanges($id: ID!, $action: ChangeAction, $first: Int!, $after: String) {
  node(id: $id) {
    id
    ... on SyncPlan {
      changes(action: $action, first: $first, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        nodes {
          action
          name
          site
          country
          device {
            id
          }
          fields {
            field
            before
            after
          }
        }
      }
    }
  }
}
    `) as unknown as TypedDocumentString<PlannedChangesQuery, PlannedChangesQueryVariables>;
export const ApprovePlanDocument = new TypedDocumentString(`
    mutation ApprovePlan($id: ID!) {
  approveSyncPlan(id: $id) {
    plan {
      ...PlanLine
    }
  }
}
    fragment PlanLine on SyncPlan {
  id
  source
  state
  plannedAt
  decidedAt
  decidedBy
  created
  updated
  moved
  decommissioned
  unchanged
  reason
  warnings
}`) as unknown as TypedDocumentString<ApprovePlanMutation, ApprovePlanMutationVariables>;
export const RejectPlanDocument = new TypedDocumentString(`
    mutation RejectPlan($id: ID!) {
  rejectSyncPlan(id: $id) {
    plan {
      ...PlanLine
    }
  }
}
    fragment PlanLine on SyncPlan {
  id
  source
  state
  plannedAt
  decidedAt
  decidedBy
  created
  updated
  moved
  decommissioned
  unchanged
  reason
  warnings
}`) as unknown as TypedDocumentString<RejectPlanMutation, RejectPlanMutationVariables>;
export const RefreshesDocument = new TypedDocumentString(`
    query Refreshes($first: Int!, $after: String) {
  refreshes(first: $first, after: $after) {
    totalCount
    pageInfo {
      hasNextPage
      endCursor
    }
    nodes {
      ...RefreshRow
    }
  }
}
    fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}
fragment RefreshRow on Refresh {
  id
  trigger
  state
  createdAt
  startedAt
  finishedAt
  requestedBy
  error
  progress {
    ...ProgressCounts
  }
}`) as unknown as TypedDocumentString<RefreshesQuery, RefreshesQueryVariables>;
export const RefreshPageDocument = new TypedDocumentString(`
    query RefreshPage($id: ID!) {
  refresh(id: $id) {
    ...RefreshRow
    retryOf {
      id
      createdAt
    }
    scope {
      sync
      countries {
        id
        name
      }
      sites {
        id
        name
      }
      deviceCount
      devices(first: 1) {
        id
        name
      }
    }
  }
}
    fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}
fragment RefreshRow on Refresh {
  id
  trigger
  state
  createdAt
  startedAt
  finishedAt
  requestedBy
  error
  progress {
    ...ProgressCounts
  }
}`) as unknown as TypedDocumentString<RefreshPageQuery, RefreshPageQueryVariables>;
export const RefreshResultsDocument = new TypedDocumentString(`
    query RefreshResults($id: ID!, $outcome: [ProbeOutcome!], $first: Int!, $after: String) {
  refresh(id: $id) {
    id
    probes(first: $first, after: $after, outcome: $outcome) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        ...ResultLine
      }
    }
  }
}
    fragment ResultLine on Probe {
  id
  outcome
  phase
  message
  durationMs
  startedAt
  attempt
  device {
    id
    name
    site {
      name
    }
    country {
      name
    }
  }
}`) as unknown as TypedDocumentString<RefreshResultsQuery, RefreshResultsQueryVariables>;
export const ResultsDocument = new TypedDocumentString(`
    subscription Results($id: ID!, $after: String) {
  probeResults(refreshId: $id, after: $after, everyMs: 500) {
    cursor
    probes {
      ...ResultLine
    }
    progress {
      ...ProgressCounts
    }
  }
}
    fragment ResultLine on Probe {
  id
  outcome
  phase
  message
  durationMs
  startedAt
  attempt
  device {
    id
    name
    site {
      name
    }
    country {
      name
    }
  }
}
fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}`) as unknown as TypedDocumentString<ResultsSubscription, ResultsSubscriptionVariables>;
export const BudgetsDocument = new TypedDocumentString(`
    query Budgets {
  gateway {
    budgets {
      name
      inUse
      limit
      perSecond
      waiting
    }
  }
}
    `) as unknown as TypedDocumentString<BudgetsQuery, BudgetsQueryVariables>;
export const ViewerDocument = new TypedDocumentString(`
    query Viewer {
  viewer {
    name
    role
  }
}
    `) as unknown as TypedDocumentString<ViewerQuery, ViewerQueryVariables>;
export const StatusDocument = new TypedDocumentString(`
    query Status {
  summary {
    ...Counts
  }
  gateway {
    version
    nextScheduledRefreshAt
    lastCompletedRefresh {
      ...RefreshRow
    }
  }
  cycles: refreshes(first: 20, state: [COMPLETED]) {
    nodes {
      id
      finishedAt
      scope {
        isEverything
      }
      summary {
        ...Counts
      }
    }
  }
  refreshes(first: 5, state: [QUEUED, SYNCING, PROBING]) {
    nodes {
      ...RefreshRow
    }
  }
}
    fragment Counts on InventorySummary {
  devices
  supported
  unprobed
  byOutcome {
    outcome
    count
  }
  oldestProbeAt
}
fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}
fragment RefreshRow on Refresh {
  id
  trigger
  state
  createdAt
  startedAt
  finishedAt
  requestedBy
  error
  progress {
    ...ProgressCounts
  }
}`) as unknown as TypedDocumentString<StatusQuery, StatusQueryVariables>;
export const RefreshStatesDocument = new TypedDocumentString(`
    subscription RefreshStates {
  refreshes {
    ...RefreshRow
  }
}
    fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}
fragment RefreshRow on Refresh {
  id
  trigger
  state
  createdAt
  startedAt
  finishedAt
  requestedBy
  error
  progress {
    ...ProgressCounts
  }
}`) as unknown as TypedDocumentString<RefreshStatesSubscription, RefreshStatesSubscriptionVariables>;
export const PulseDocument = new TypedDocumentString(`
    query Pulse($id: ID!) {
  summary {
    ...Counts
  }
  refresh(id: $id) {
    id
    progress {
      ...ProgressCounts
    }
  }
}
    fragment Counts on InventorySummary {
  devices
  supported
  unprobed
  byOutcome {
    outcome
    count
  }
  oldestProbeAt
}
fragment ProgressCounts on RefreshProgress {
  refreshId
  state
  total
  done
  inFlight
  probesPerSecond
  elapsedMs
  etaMs
  pausedBecause
  byOutcome {
    outcome
    count
  }
}`) as unknown as TypedDocumentString<PulseQuery, PulseQueryVariables>;