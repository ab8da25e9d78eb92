import { describe, expect, it } from 'vitest'
import { healthy, run } from './support/probing.ts'
import { sshDevice } from './support/ssh-device.ts'

describe('the identification of a device', () => {
  it.each([
    ['nothing', '', ''],
    ['a blank', ' ', ''],
    ['a comment alone', ' of ours', 'of ours'],
    ['characters beyond ASCII', 'R\u00f6uter', 'R\u00f6uter'],
    ['UTF-8', Buffer.from('R\u00f6uter').toString('latin1'), 'R\u00c3\u00b6uter'],
  ])(
    'may have %s behind its version: the host key signs the bytes that were sent',
    async (_what, name, told) => {
      await using device = await sshDevice({ identification: Buffer.from(name, 'latin1'), netconf: healthy })
      expect(await run(device)).toMatchObject({ outcome: 'SUPPORTED', peer: { identification: told } })
    },
  )
})
