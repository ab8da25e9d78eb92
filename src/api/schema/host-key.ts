import { rowId } from '../../base/global-id.ts'
import type { HostKeyRow } from '../../store/host-key-store.ts'
import { requiresRole } from '../auth/requires-role.ts'
import { builder } from './builder.ts'
import { DevicePayload, devicePayload } from './device-payload.ts'
import { HostKeyStateEnum } from './enums.ts'

export const HostKey = builder.objectRef<HostKeyRow>('HostKey').implement({
  description:
    'The SSH host key that the device is known by (trust on first use unless configured otherwise).',
  fields: (t) => ({
    algorithm: t.exposeString('algorithm', { description: 'As OpenSSH calls it: ssh-ed25519.' }),
    fingerprint: t.exposeString('fingerprint', { description: 'As OpenSSH prints it: SHA256:….' }),
    state: t.field({
      type: HostKeyStateEnum,
      description: 'CHANGED while the device offers another key, which holds it back.',
      resolve: ({ offeredFingerprint }) => (offeredFingerprint === null ? 'TRUSTED' : 'CHANGED'),
    }),
    firstSeenAt: t.expose('firstSeenAt', {
      type: 'DateTime',
      description: 'When the device first showed this key.',
    }),
    offeredFingerprint: t.exposeString('offeredFingerprint', {
      nullable: true,
      description: 'The key offered instead, where the state is CHANGED.',
    }),
  }),
})

builder.mutationField('trustHostKey', (t) =>
  t.field({
    type: DevicePayload,
    ...requiresRole('ADMIN', 'Trusts the key that the device offered in place of the one it was known by.'),
    args: {
      deviceId: t.arg.id({ required: true, description: 'Of a `Device` whose host key is CHANGED.' }),
      fingerprint: t.arg.string({
        required: true,
        description: "Must be the offered key's: it guards against trusting one that nobody has looked at.",
      }),
    },
    resolve: async (_root, { deviceId, fingerprint }, context) => {
      const id = rowId('Device', deviceId)
      await context.refreshes.trustHostKey({ deviceId: id, fingerprint }, context.viewer.name)
      return devicePayload(id, context)
    },
  }),
)
