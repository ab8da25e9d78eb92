import type { BudgetState } from '../../refresh/throttle/throttle.ts'
import type { ApiServices } from '../context.ts'
import { listSize } from '../limits/field-costs.ts'
import { builder, readsRequestTimeState } from './builder.ts'
import { Credential } from './credential.ts'
import { GatewayProcess } from './gateway-process.ts'
import { Refresh } from './object-refs.ts'

const Budget = builder.objectRef<BudgetState>('Budget').implement({
  description:
    'One budget of the throttle: at most `limit` probes at a time, or per second if `perSecond` is true.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'The name in the configuration under `throttle`; `perRegion` if there are regions.',
    }),
    limit: t.exposeFloat('limit', {
      description:
        'The limit. For `concurrency`, what is in use if the processor allows no more now. For ' +
        '`perCredential`, that of the most used credential, which is lower until a device has accepted it. ' +
        'For `perRegion`, that of the most used region, which follows from its probers.',
    }),
    perSecond: t.exposeBoolean('perSecond', {
      description: 'Whether `limit` is a rate per second. Otherwise it is a number at a time.',
    }),
    inUse: t.exposeInt('inUse', {
      description:
        'The number in use. For `perSite`, `perCredential` and `perRegion`, that of the most used one; for ' +
        '`starts`, the starts in the last second.',
    }),
    waiting: t.exposeInt('waiting', {
      description: 'Probes that wait for this budget. For `concurrency`, all waiting probes.',
    }),
  }),
})

const Gateway = builder.objectRef<ApiServices['gateway']>('Gateway').implement({
  description: 'The gateway itself.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'The version of Rollcall, for example 1.4.2.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When the process was started.' }),
    nextScheduledRefreshAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the schedule starts the next refresh; null if there is no schedule.',
      resolve: (gateway) => gateway.nextScheduledRefreshAt(),
    }),
    lastCompletedRefresh: t.field({
      type: Refresh,
      nullable: true,
      description: 'The newest COMPLETED refresh.',
      resolve: (_gateway, _args, { loaders }) => loaders.lastCompletedRefresh.load(),
    }),
    budgets: t.field({
      type: [Budget],
      extensions: { ...listSize(5), ...readsRequestTimeState },
      description: 'The budgets of the throttle and their present use.',
      resolve: (_gateway, _args, { refreshes }) => refreshes.budgets(),
    }),
    credentials: t.field({
      type: [Credential],
      extensions: { ...listSize(10), ...readsRequestTimeState },
      description: 'The credentials of the configuration, in its order.',
      resolve: (_gateway, _args, { refreshes }) => refreshes.credentials(),
    }),
    processes: t.field({
      type: [GatewayProcess],
      extensions: listSize(10),
      description: 'The processes that work on this database, this one included. With SQLite there is one.',
      resolve: (gateway) => gateway.processes(),
    }),
    requiredCapabilities: t.stringList({
      description: 'The capabilities that the configuration requires of devices, by their readable names.',
      resolve: (gateway) => [...gateway.requiredCapabilities],
    }),
  }),
})

builder.queryField('gateway', (t) =>
  t.field({
    type: Gateway,
    description: 'The gateway that answers this query.',
    extensions: readsRequestTimeState,
    resolve: (_root, _args, { gateway }) => gateway,
  }),
)
