import { PROCESS_ROLES, type ProcessRow } from '../../store/process-store.ts'
import { builder } from './builder.ts'
import { valuesOf } from './enums.ts'

const ProcessRoleEnum = builder.enumType('ProcessRole', {
  description: 'What a process does.',
  values: valuesOf(PROCESS_ROLES, {
    ALL: 'It serves the API, and does what an engine does.',
    API: 'It serves the API, and nothing else.',
    ENGINE: 'It starts refreshes, syncs inventories and records results.',
    PROBER: 'It probes the devices of its regions.',
  }),
})

export const GatewayProcess = builder.objectRef<ProcessRow>('GatewayProcess').implement({
  description: 'A process of Rollcall that works on the database.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'The host name and the process id. It is unique among the processes.',
    }),
    role: t.expose('role', { type: ProcessRoleEnum, description: 'What the process does.' }),
    regions: t.exposeStringList('regions', {
      description: 'The regions that a prober serves. Empty for other roles.',
    }),
    version: t.exposeString('version', { description: 'The version of Rollcall that it runs.' }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      description: 'When the process was started, by the clock of its machine.',
    }),
    lastSeenAt: t.expose('lastSeenAt', {
      type: 'DateTime',
      description:
        'When the process last told that it is alive, by the clock of the database. It does so every 2 ' +
        'seconds, and is no longer listed after 15 seconds of silence.',
    }),
    active: t.exposeBoolean('active', {
      description: 'Whether it is the engine that works. Other engines wait to take over.',
    }),
    probesInFlight: t.exposeInt('probesInFlight', {
      description: 'The number of devices that the process is probing.',
    }),
  }),
})
