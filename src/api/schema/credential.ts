import { CREDENTIAL_STATES, type CredentialRow } from '../../store/credential-store.ts'
import type { RefreshRow } from '../../store/refresh-store.ts'
import { requiresRole } from '../auth/requires-role.ts'
import { rateLimited } from '../limits/mutation-rate.ts'
import { builder } from './builder.ts'
import { valuesOf } from './enums.ts'
import { Refresh } from './object-refs.ts'

const DESCRIPTIONS = {
  ACTIVE: 'Devices are probed with it.',
  SUSPENDED: 'Devices rejected it too often in a row. It is not used until it is resumed.',
  ON_TRIAL:
    'It was resumed, or Rollcall was restarted. It is tried on one device, and on the others when that ' +
    'device accepts it.',
} as const satisfies Record<(typeof CREDENTIAL_STATES)[number], string>

const CredentialStateEnum = builder.enumType('CredentialState', {
  description: 'Whether a credential is in use.',
  values: valuesOf(CREDENTIAL_STATES, DESCRIPTIONS),
})

export const Credential = builder.objectRef<CredentialRow>('Credential').implement({
  description: 'A login from the configuration. Its content is never shown.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'The name in the configuration under `credentials`.' }),
    state: t.expose('state', {
      type: CredentialStateEnum,
      description: 'Whether devices are probed with it.',
    }),
    rejections: t.exposeInt('rejections', { description: 'Rejected logins in a row, over all devices.' }),
    suspendedAt: t.expose('suspendedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was suspended; null if it is ACTIVE.',
    }),
  }),
})

const ResumeCredentialPayload = builder
  .objectRef<{ credential: CredentialRow; refresh: RefreshRow | null }>('ResumeCredentialPayload')
  .implement({
    description: 'The credential as it is now, and the refresh that probes the one device.',
    fields: (t) => ({
      credential: t.expose('credential', {
        type: Credential,
        description: 'ON_TRIAL, or ACTIVE if there was nothing to resume.',
      }),
      refresh: t.expose('refresh', {
        type: Refresh,
        nullable: true,
        description: 'The refresh whose result decides. Null if the credential is ACTIVE.',
      }),
    }),
  })

builder.mutationField('resumeCredential', (t) =>
  t.field({
    type: ResumeCredentialPayload,
    extensions: rateLimited,
    ...requiresRole(
      'OPERATOR',
      'Tries a suspended credential on one device: the one that needs it and was SUPPORTED last. When ' +
        'that device accepts it, the others are probed again.',
    ),
    args: {
      name: t.arg.string({
        required: true,
        description: 'The name in the configuration under `credentials`.',
      }),
    },
    resolve: (_root, { name }, { refreshes, viewer }) => refreshes.resumeCredential(name, viewer.name),
  }),
)
