import type { BudgetState } from '../../refresh/throttle/throttle.ts'
import type { ApiServices } from '../context.ts'
import { listSize } from '../limits/field-costs.ts'
import { builder } from './builder.ts'
import { Credential } from './credential.ts'
import { Refresh } from './object-refs.ts'
import { readsRequestTimeState } from './request-time-state.ts'

const Budget = builder.objectRef<BudgetState>('Budget').implement({
  description: 'One throttle: at most `limit` at a time (or per second, where `perSecond`).',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As in the configuration under `throttle`.' }),
    limit: t.exposeFloat('limit', {
      description:
        'For `perCredential`: of the one that is used most, which is less while nothing has proven it.',
    }),
    perSecond: t.exposeBoolean('perSecond', {
      description: 'Whether `limit` is a rate per second; otherwise it is how many there may be at a time.',
    }),
    inUse: t.exposeInt('inUse', {
      description:
        'For `perSite` and `perCredential`: of the one that is used most; for `starts`: in the last second.',
    }),
    waiting: t.exposeInt('waiting', {
      description: 'Probes that wait for this budget; for `concurrency`, all that wait.',
    }),
  }),
})

const Gateway = builder.objectRef<ApiServices['gateway']>('Gateway').implement({
  description: 'The gateway itself.',
  fields: (t) => ({
    version: t.exposeString('version', { description: 'Of Rollcall: 1.4.2.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When the process came up.' }),
    nextScheduledRefreshAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the schedule starts the next refresh; null where there is no schedule.',
      resolve: (gateway) => gateway.nextScheduledRefreshAt(),
    }),
    lastCompletedRefresh: t.field({
      type: Refresh,
      nullable: true,
      description: 'The newest refresh that is COMPLETED.',
      resolve: (_gateway, _args, { loaders }) => loaders.lastCompletedRefresh.load(),
    }),
    budgets: t.field({
      type: [Budget],
      extensions: { ...listSize(4), ...readsRequestTimeState },
      description: 'The throttles in force, live.',
      resolve: (_gateway, _args, { refreshes }) => refreshes.budgets(),
    }),
    credentials: t.field({
      type: [Credential],
      extensions: { ...listSize(10), ...readsRequestTimeState },
      description: 'The credentials of the configuration, in its order.',
      resolve: (_gateway, _args, { refreshes }) => refreshes.credentials(),
    }),
    requiredCapabilities: t.stringList({
      description: 'What the configuration requires of devices, as a person would name it.',
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
