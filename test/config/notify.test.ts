import { describe, expect, it } from 'vitest'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

const SECRET = `whsec_${Buffer.alloc(32, 'k').toString('base64')}`
const env = { HOOK: SECRET, SHORT: `whsec_${Buffer.alloc(23, 'k').toString('base64')}`, WORD: 'hunter2' }

const withReceiver = (receiver: string) => `notify:\n  - { ${receiver} }\n`
const problemsOf = (receiver: string) => file.problemsOf(withReceiver(receiver), { env })

it('gives a receiver everything, unless it names what it wants', async () => {
  const content =
    withReceiver('url: "https://hooks.example/r", secretEnv: HOOK') +
    '  - { url: "http://127.0.0.1:9/", secretEnv: HOOK, on: [plan.awaiting], coverageDrop: 2% }'
  const { notify } = await file.load(content, { env })
  expect(notify).toEqual([
    {
      url: 'https://hooks.example/r',
      on: ['credential.suspended', 'plan.awaiting', 'coverage.dropped', 'hostkey.changed'],
      coverageDrop: 0.05,
      secret: SECRET,
      ca: null,
    },
    { url: 'http://127.0.0.1:9/', on: ['plan.awaiting'], coverageDrop: 0.02, secret: SECRET, ca: null },
  ])
})

describe('a receiver is refused', () => {
  it.each([
    ['url: "https://hooks.example/"', ['"notify[0]" has nothing to sign with; add "secretEnv"']],
    [
      'url: "https://hooks.example/", secretEnv: WORD',
      ['WORD, which holds no signing secret; one is whsec_'],
    ],
    ['url: "https://hooks.example/", secretEnv: SHORT', ['SHORT, which holds no signing secret']],
    ['url: "https://hooks.example/", secretEnv: HOOK, secretFile: key', ['stands beside "secretEnv"']],
    ['url: "ftp://hooks.example/", secretEnv: HOOK', ['"notify[0].url" must be the https:// URL']],
    ['url: "http://hooks.example/", secretEnv: HOOK', ['"notify[0].url" is not encrypted']],
    ['url: "https://u:hunter2@hooks.example/", secretEnv: HOOK', ['"notify[0].url" holds a login']],
    ['url: "https://h.example/", secretEnv: HOOK, on: [plan.waiting]', ['did you mean plan.awaiting?']],
    // With a problem elsewhere in the file, too.
    ['url: "https://h.example/", secretEnv: SHORT }\n  - { on: x', ['"notify[1].', '"notify[0].secretEnv"']],
  ])('with %s', async (receiver, expected) => {
    const problems = (await problemsOf(receiver)).join('\n')
    for (const part of expected) expect(problems).toContain(part)
    expect(problems).not.toContain('hunter2')
  })
})

it('needs no secret where nothing is sent, and is left out there', async () => {
  const content = withReceiver('url: "https://hooks.example/", secretEnv: ABSENT')
  const { notify } = await file.load(content, { env, reads: ['auth'] })
  expect(notify).toEqual([])
})
