import type { HostKeyRow } from '../../store/host-key-store.ts'
import { builder } from './builder.ts'
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
