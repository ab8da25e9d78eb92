import type { BudgetState } from '../refresh/throttle.ts'
import { builder } from './builder.ts'
import type { ApiServices } from './context.ts'
import { Refresh } from './object-refs.ts'

const Budget = builder.objectRef<BudgetState>('Budget').implement({
  description: 'One throttle: at most `limit` at a time (or per second, where `perSecond`).',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As in the configuration under `throttle`.' }),
    limit: t.exposeFloat('limit', {}),
    perSecond: t.exposeBoolean('perSecond', {}),
    inUse: t.exposeInt('inUse', { description: 'For `perSite`: at the site that uses the most.' }),
    waiting: t.exposeInt('waiting', { description: 'Probes that wait for their turn.' }),
  }),
})

const Gateway = builder.objectRef<ApiServices['gateway']>('Gateway').implement({
  description: 'The gateway itself.',
  fields: (t) => ({
    version: t.exposeString('version', {}),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
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
      resolve: (_gateway, _args, { store }) => store.refreshes.lastCompleted(),
    }),
    budgets: t.field({
      type: [Budget],
      description: 'The throttles in force, live.',
      resolve: (_gateway, _args, { refreshes }) => refreshes.budgets(),
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
    resolve: (_root, _args, { gateway }) => gateway,
  }),
)
