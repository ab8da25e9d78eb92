import type { ServerChannel } from 'ssh2'
import { describe, expect, it } from 'vitest'
import { healthy, run } from '../support/probing.ts'
import { sshDevice } from '../support/ssh-device.ts'

describe("the exit status of the subsystem's program", () => {
  it.each<[string, (channel: ServerChannel) => void, string]>([
    [
      'without a program',
      (channel) => channel.exit(127),
      ' (its program ended with exit status 127: not found);',
    ],
    ['with a status', (channel) => channel.exit(3), ' (its program ended with exit status 3);'],
    ['by a signal', (channel) => channel.exit('SEGV'), ' (its program was ended by SIGSEGV);'],
    ['well', (channel) => channel.exit(0), ';'],
    ['and does not tell', () => undefined, ';'],
  ])('is reported if the program ends %s', async (_, exit, words) => {
    await using device = await sshDevice({
      netconf: (channel) => {
        exit(channel)
        channel.end()
      },
    })
    expect(await run(device)).toMatchObject({
      outcome: 'PROTOCOL_ERROR',
      message: `The device closed the session without a hello${words} check its NETCONF service and its limit of sessions.`,
    })
  })

  it('is not reported after a session', async () => {
    await using device = await sshDevice({
      netconf: (channel) => {
        channel.exit(1)
        healthy(channel)
      },
    })
    expect(await run(device)).toMatchObject({ outcome: 'SUPPORTED', message: null })
  })
})
