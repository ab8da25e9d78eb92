import { describe, expect, it } from 'vitest'
import { HELLO, healthy, run } from './support/probing.ts'
import { CREDENTIAL, type SshBehaviour, sshDevice } from './support/ssh-device.ts'

const HUNG_UP = { outcome: 'PROTOCOL_ERROR', phase: 'HELLO' }

describe('the text that a device sent', () => {
  it.each<[string, SshBehaviour, object, object]>([
    ['nothing', { netconf: healthy }, { outcome: 'SUPPORTED' }, { banner: null, stderr: null, noise: null }],
    [
      'a login banner, though it then refuses',
      { banner: 'Keep\r\nout\x1b[2J', login: (context) => context.reject(['password']) },
      { outcome: 'AUTH_FAILED' },
      { banner: 'Keep out [2J', stderr: null, noise: null },
    ],
    [
      'text before the hello',
      { netconf: (channel) => channel.write(`Welcome]]>]]>${HELLO}`) },
      { outcome: 'SUPPORTED' },
      { banner: null, stderr: null, noise: 'Welcome' },
    ],
    [
      'standard error',
      {
        netconf: (channel) => {
          channel.stderr.write('sh: netconf: not found\n')
          channel.end()
        },
      },
      HUNG_UP,
      { banner: null, stderr: 'sh: netconf: not found', noise: null },
    ],
    [
      'a hello that cannot be used',
      { netconf: (channel) => channel.write('<hello><a></hello>]]>]]>') },
      HUNG_UP,
      { banner: null, stderr: null, noise: '<hello><a></hello>]]>]]>' },
    ],
    [
      'an unfinished line',
      { netconf: (channel) => channel.write('Password expired. Enter a new one: ') },
      { outcome: 'TIMEOUT' },
      { banner: null, stderr: null, noise: 'Password expired. Enter a new one:' },
    ],
    [
      'the password',
      {
        banner: `not ${CREDENTIAL.password}`,
        netconf: (channel) => {
          channel.stderr.write(`${CREDENTIAL.password}?`)
          channel.end(`no ${CREDENTIAL.password}`)
        },
      },
      HUNG_UP,
      { banner: 'not [secret]', stderr: '[secret]?', noise: 'no [secret]' },
    ],
    [
      'the password, cut off behind many blanks',
      { netconf: (channel) => channel.end(`${' '.repeat(993)}${CREDENTIAL.password}`) },
      HUNG_UP,
      { banner: null, stderr: null, noise: '[secret]…' },
    ],
  ])('is in the report: %s', async (_what, behaviour, ending, said) => {
    await using device = await sshDevice(behaviour)
    const timeoutMs = 'outcome' in ending && ending.outcome === 'TIMEOUT' ? 3_000 : 60_000
    expect(await run(device, { timeoutMs })).toMatchObject({ ...ending, peer: { said } })
    await device.idle()
  })
})
