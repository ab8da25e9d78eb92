import { PROBE_OUTCOMES } from '../../netconf/outcome/outcome.ts'
import type { ApiServices } from '../context.ts'
import type { MetricRegistry } from './metric-registry.ts'

/**
 * Describes what is about the engine or the database, so that every process that serves the API tells the
 * same.
 */
export function describeEngine(registry: MetricRegistry, services: ApiServices): void {
  describeCycles(registry, services)
  describeActivity(registry, services)
  describeInventory(registry, services)
  describeBudgets(registry, services)
  describeWebhooks(registry, services)
  describeProcesses(registry, services)
}

function describeCycles(registry: MetricRegistry, { store, refreshes, gateway }: ApiServices): void {
  registry.gauge(
    {
      name: 'rollcall_last_completed_cycle_timestamp_seconds',
      help: 'Time at which the last refresh of everything was completed; 0 if there is none.',
    },
    async (gauge) => {
      const cycle = await store.refreshes.lastCycle('COMPLETED')
      gauge.set((cycle?.finishedAt ?? 0) / 1000)
    },
  )
  registry.gauge(
    {
      name: 'rollcall_next_scheduled_refresh_timestamp_seconds',
      help: 'Time at which the next scheduled refresh starts; 0 if there is none.',
    },
    (gauge) => gauge.set((gateway.nextScheduledRefreshAt() ?? 0) / 1000),
  )
  registry.gauge(
    { name: 'rollcall_schedule_interval_seconds', help: 'Interval of the scheduled refreshes.' },
    (gauge) => gauge.set(gateway.everyMs / 1000),
  )
  registry.gauge({ name: 'rollcall_engine_active', help: '1 while an engine works, else 0.' }, (gauge) =>
    gauge.set(gateway.hasEngine() ? 1 : 0),
  )
  registry.gauge(
    {
      name: 'rollcall_paused',
      help: '1 while refreshes wait because the database cannot be written.',
    },
    (gauge) => gauge.set(refreshes.pausedBecause === null ? 0 : 1),
  )
  registry.gauge({ name: 'rollcall_refreshes_running', help: 'Running refreshes.' }, (gauge) =>
    gauge.set(refreshes.running),
  )
}

function describeActivity(registry: MetricRegistry, { refreshes }: ApiServices): void {
  registry.counts(
    {
      name: 'rollcall_refreshes_total',
      help: 'Refreshes that have ended since the engine was started.',
      labels: ['trigger', 'state'],
    },
    () => refreshes.activity.refreshes,
  )
  registry.histogram(
    {
      name: 'rollcall_refresh_duration_seconds',
      help: 'Time from the request for a refresh to its end.',
      labels: ['trigger'],
    },
    () => refreshes.activity.refreshDurations,
  )
  registry.counts(
    {
      name: 'rollcall_probes_total',
      help: 'Results of probes since the engine was started, by the phase in which each ended.',
      labels: ['outcome', 'phase', 'region'],
    },
    () => refreshes.activity.probes,
  )
  registry.histogram(
    {
      name: 'rollcall_probe_duration_seconds',
      help: 'Duration of probes, without devices that were skipped or cancelled.',
      labels: ['region'],
    },
    () => refreshes.activity.probeDurations,
  )
  registry.counts(
    {
      name: 'rollcall_syncs_total',
      help: 'Syncs of a source since the engine was started, by the state of their plan.',
      labels: ['source', 'state'],
    },
    () => refreshes.activity.syncs,
  )
  registry.histogram(
    {
      name: 'rollcall_sync_duration_seconds',
      help: 'Duration of the syncs of a source.',
      labels: ['source'],
    },
    () => refreshes.activity.syncDurations,
  )
}

function describeInventory(registry: MetricRegistry, { store, refreshes }: ApiServices): void {
  registry.gauge(
    {
      name: 'rollcall_devices',
      help: 'Active devices by the outcome of their last probe; UNPROBED for devices without one.',
      labels: ['outcome'],
    },
    async (gauge) => {
      const { byOutcome, unprobed } = await store.devices.summary()
      for (const outcome of PROBE_OUTCOMES) gauge.set({ outcome }, 0)
      for (const { outcome, count } of byOutcome) gauge.set({ outcome }, count)
      gauge.set({ outcome: 'UNPROBED' }, unprobed)
    },
  )
  registry.gauge(
    {
      name: 'rollcall_sync_plans_awaiting_approval',
      help: 'Sync plans that a person has to approve or reject.',
    },
    async (gauge) => gauge.set(await store.syncPlans.count(['AWAITING_APPROVAL'])),
  )
  registry.gauge(
    { name: 'rollcall_credentials_suspended', help: 'Credentials that devices rejected too often.' },
    async (gauge) => {
      const rows = await refreshes.credentials()
      gauge.set(rows.filter(({ state }) => state === 'SUSPENDED').length)
    },
  )
  registry.gauge(
    {
      name: 'rollcall_database_size_bytes',
      help: 'Size of the database, without the write-ahead log.',
    },
    async (gauge) => gauge.set(await store.sizeBytes()),
  )
}

const BUDGET_HELP = {
  inUse: 'Places of a throttle budget that are in use.',
  limit: 'Limit of a throttle budget.',
  waiting: 'Probes that wait for a throttle budget.',
}

function describeBudgets(registry: MetricRegistry, { refreshes, gateway }: ApiServices): void {
  for (const property of ['inUse', 'limit', 'waiting'] as const) {
    const name = `rollcall_budget_${property === 'inUse' ? 'in_use' : property}`
    registry.gauge({ name, help: BUDGET_HELP[property], labels: ['budget'] }, (gauge) => {
      for (const budget of refreshes.budgets()) gauge.set({ budget: budget.name }, budget[property])
    })
  }
  registry.gauge(
    {
      name: 'rollcall_region_capacity',
      help: 'Devices that the live probers of a region probe at once; 0 if there is no prober.',
      labels: ['region'],
    },
    (gauge) => {
      for (const { region, capacity } of gateway.regions()) gauge.set({ region }, capacity)
    },
  )
  registry.gauge(
    {
      name: 'rollcall_region_queue_depth',
      help: 'Probes of a region that its probers have, or that wait for them in the queue.',
      labels: ['region'],
    },
    (gauge) => {
      for (const { region, queued } of gateway.regions()) gauge.set({ region }, queued)
    },
  )
  registry.gauge(
    { name: 'rollcall_probe_threads', help: 'Probe threads that the engine may run.' },
    (gauge) => gauge.set(gateway.probePool().workers),
  )
  registry.counter(
    {
      name: 'rollcall_probe_threads_replaced_total',
      help: 'Probe threads of the engine that were replaced since the start because they stalled or died.',
    },
    (counter) => counter.inc(gateway.probePool().replaced),
  )
}

function describeWebhooks(registry: MetricRegistry, { refreshes }: ApiServices): void {
  registry.counter(
    {
      name: 'rollcall_webhooks_total',
      help: 'Webhooks since the start, by receiver and result: delivered, failed (given up) or dropped.',
      labels: ['receiver', 'result'],
    },
    (counter) => {
      for (const { receiver, ...counts } of refreshes.webhooks) {
        for (const result of ['delivered', 'failed', 'dropped'] as const)
          counter.inc({ receiver, result }, counts[result])
      }
    },
  )
  registry.gauge(
    {
      name: 'rollcall_webhooks_pending',
      help: 'Webhooks that are on their way to a receiver, or wait for another try.',
      labels: ['receiver'],
    },
    (gauge) => {
      for (const { receiver, pending } of refreshes.webhooks) gauge.inc({ receiver }, pending)
    },
  )
}

function describeProcesses(registry: MetricRegistry, { gateway }: ApiServices): void {
  const labels = ['process', 'role'] as const
  registry.gauge(
    {
      name: 'rollcall_process_info',
      help: 'Always 1. The labels tell the version of each process, and the regions of a prober with commas.',
      labels: [...labels, 'version', 'regions'],
    },
    (gauge) => {
      for (const { name, role, version, regions } of gateway.processes())
        gauge.set({ process: name, role, version, regions: regions.join(',') }, 1)
    },
  )
  registry.gauge(
    {
      name: 'rollcall_process_active',
      help: 'The processes that work on the database: 1 for the engine that works, 0 for the others.',
      labels,
    },
    (gauge) => {
      for (const { name, role, active } of gateway.processes())
        gauge.set({ process: name, role }, active ? 1 : 0)
    },
  )
  registry.gauge(
    {
      name: 'rollcall_process_probes_in_flight',
      help: 'Devices that each process is probing.',
      labels,
    },
    (gauge) => {
      for (const { name, role, probesInFlight } of gateway.processes())
        gauge.set({ process: name, role }, probesInFlight)
    },
  )
  registry.gauge(
    {
      name: 'rollcall_process_last_seen_timestamp_seconds',
      help: 'Time at which each process last told that it is alive.',
      labels,
    },
    (gauge) => {
      for (const { name, role, lastSeenAt } of gateway.processes())
        gauge.set({ process: name, role }, lastSeenAt / 1000)
    },
  )
}
