import type { HostKeyRow } from '../../store/results/host-key-store.ts'
import { builder } from './builder.ts'
import { HostKeyStateEnum } from './enums.ts'

export const HostKey = builder.objectRef<HostKeyRow>('HostKey').implement({
  description:
    'The known SSH host key of the device. By default, the first key that a device shows is trusted.',
  fields: (t) => ({
    algorithm: t.exposeString('algorithm', {
      description: 'The algorithm by its OpenSSH name, for example ssh-ed25519.',
    }),
    fingerprint: t.exposeString('fingerprint', {
      description: 'The fingerprint as OpenSSH prints it: SHA256:….',
    }),
    state: t.field({
      type: HostKeyStateEnum,
      description: 'CHANGED if the device offers another key. It is then not probed.',
      resolve: ({ offeredFingerprint }) => (offeredFingerprint === null ? 'TRUSTED' : 'CHANGED'),
    }),
    firstSeenAt: t.expose('firstSeenAt', {
      type: 'DateTime',
      description: 'When the device first showed this key.',
    }),
    offeredFingerprint: t.exposeString('offeredFingerprint', {
      nullable: true,
      description: 'The fingerprint of the key that is offered instead; null unless the state is CHANGED.',
    }),
  }),
})
