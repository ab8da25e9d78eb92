import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { describe, expect, it, test } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { useConfigFile } from './support/config-file.ts'

const file = useConfigFile()

/** Files with the mistakes that people make, and what they are told. */
describe('a file', () => {
  test.each([
    ['that is empty', '', null],
    ['with comments only', '# nothing yet\n\n', null],
    ['with sections whose lines are all commented out', 'server:\n  # port: 1\nsources:\n', null],
    [
      'indented with a tab',
      'server:\n\tport: 1\n',
      'rollcall.yaml is not valid YAML at line 2, column 1: a tab indents it; use blanks.',
    ],
    [
      'with a tag of another program',
      'server:\n  host: !env HOST_OF_API\n',
      'rollcall.yaml is not valid YAML at line 2, column 9: a tag has no meaning here; write the value itself, in quotes if it begins with !.',
    ],
    ['with a tag of YAML', 'server:\n  host: !!str localhost\n  port: !!int "80"\n', null],
    [
      'that is a list',
      '- name: a\n- name: b\n',
      'rollcall.yaml must hold keys and values, such as "database: ./rollcall.db".',
    ],
    [
      'with a section twice',
      'server: { port: 1 }\nlog: { level: info }\nserver: { port: 2 }\n',
      'rollcall.yaml is not valid YAML at line 3, column 1: the key "server" is there already; remove one of them.',
    ],
    [
      'with a key twice',
      'throttle:\n  perSite: 3\n  perSite: 4\n',
      'rollcall.yaml is not valid YAML at line 3, column 3: the key "perSite" is there already; remove one of them.',
    ],
    [
      'with a path of keys as one key',
      '# all on one line\nserver.port: 8080\n',
      'rollcall.yaml:2: "server.port" is not a known key; did you mean the key "port" of the mapping "server"?',
    ],
    [
      'with a mapping instead of a list',
      'sources:\n  name: a\n  type: file\n  path: b\n',
      'rollcall.yaml:1: "sources" must be a list, not a mapping.',
    ],
    [
      'with a text instead of a mapping',
      'log: debug\n',
      'rollcall.yaml:1: "log" must be a mapping of keys to values, not "debug".',
    ],
    [
      'with a unit in full',
      'schedule:\n  every: 2 hours\n',
      'rollcall.yaml:2: "schedule.every" must be a duration from 1m to 24d, such as 500ms, 10s or 2h, not "2 hours"; did you mean 2h?',
    ],
    [
      'with another spelling of a unit',
      'probe:\n  timeout: 15Sec\n',
      'rollcall.yaml:2: "probe.timeout" must be a duration from 100ms to 10m, such as 500ms, 10s or 2h, not "15Sec"; did you mean 15s?',
    ],
    [
      'without a unit',
      'throttle:\n  coolDown: 60\n',
      'rollcall.yaml:2: "throttle.coolDown" must be a duration such as 500ms, 10s or 2h, not 60; did you mean 60s?',
    ],
    [
      'with a unit that there is not',
      'schedule:\n  every: 2w\n',
      'rollcall.yaml:2: "schedule.every" must be a duration from 1m to 24d, such as 500ms, 10s or 2h, not "2w".',
    ],
    [
      'with a duration that is too long',
      'probe:\n  timeout: 1h\n',
      'rollcall.yaml:2: "probe.timeout" must be a duration from 100ms to 10m, such as 500ms, 10s or 2h, not "1h".',
    ],
    [
      'with the yes and no of YAML 1.1',
      'probe:\n  facts: no\n',
      'rollcall.yaml:2: "probe.facts" must be true or false, not "no"; did you mean false?',
    ],
    [
      'with a misspelled word',
      'probe:\n  hostKeys: known_host\n  knownHostsFile: rollcall.yaml\n',
      'rollcall.yaml:2: "probe.hostKeys" must be one of trust-first, known-hosts, off, not "known_host"; did you mean known-hosts?',
    ],
    [
      'with a number in quotes',
      'server:\n  port: "4000"\n',
      'rollcall.yaml:2: "server.port" must be a whole number from 0 to 65535, not "4000".',
    ],
    [
      'that names a secret which is not set',
      'credentials:\n  - name: a\n    username: b\n    passwordEnv: NETOPS_PASSWORD\n',
      'rollcall.yaml:4: "credentials[0].passwordEnv" names the environment variable NETOPS_PASSWORD, which is not set.',
    ],
    [
      'with the secret of a webhook in it',
      'notify:\n  - url: https://hooks.example.org/\n    secret: whsec_hunter2\n',
      'rollcall.yaml:3: "notify[0].secret" would keep a secret in this file; name an environment variable with "secretEnv" or a file with "secretFile" instead.',
    ],
    [
      'with the URL of a webhook without encryption',
      'notify:\n  - url: ftp://hooks.example.org/hunter2\n    secretEnv: HOOK\n',
      'rollcall.yaml:2: "notify[0].url" must be the https:// URL of a server.',
    ],
    [
      'with an unknown key that no other resembles',
      'credentials:\n  - name: a\n    usr: b\n    username: b\n    passwordFile: rollcall.yaml\n',
      'rollcall.yaml:3: "credentials[0].usr" is not a known key; the keys known there are name, username, passwordEnv, passwordFile, privateKeyEnv, privateKeyFile, passphraseEnv, passphraseFile, match.',
    ],
  ])('%s', async (_what, content, problem) => {
    if (problem === null) expect((await file.load(content)).sources).toEqual([])
    else expect((await file.problemsOf(content))[0]).toBe(problem)
  })

  it('that cannot be read is refused', async () => {
    await mkdir(file.path)
    expect(() => loadConfig({ file: file.path, env: {} })).toThrow('is a directory, not a file; name another')
  })

  it.skipIf(process.getuid?.() === 0)('that others own is refused', async () => {
    await writeFile(file.path, '')
    await chmod(file.path, 0)
    expect(() => loadConfig({ file: file.path, env: {} })).toThrow('cannot be read for lack of permission')
  })

  it('that PowerShell saved as UTF-16 is refused', async () => {
    await writeFile(file.path, Buffer.from('\ufeffserver:\n', 'utf16le'))
    expect(() => loadConfig({ file: file.path, env: {} })).toThrow('is not UTF-8 text')
  })
})

it('reports problems of all kinds at once, each with its line', async () => {
  const content = `server: { host: 0.0.0.0, port: abc }
probe: { hostKeys: known-hosts, timout: 1s }
credentials:
  - name: a
    username: netops
    passwordEnv: UNSET
  - name: b
    usrname: netops
    passwordFile: ./gone
  - name: a
    username: netops
    password: hunter2
sources:
  - { name: netbox, type: netbox, url: "https://netbox.example.org", tokenFile: ./gone }
  - { name: lab, type: file }
`
  const problems = await file.problemsOf(content, { env: { ROLLCALL_THROTLE_RETRIES: '1' } })
  expect(problems.sort()).toEqual(
    [
      'rollcall.yaml:1: "server.host" is "0.0.0.0"; any address but a loopback one (127.0.0.1, ::1, localhost) needs "auth.mode" to be tokens or jwt, and that is none.',
      'rollcall.yaml:1: "server.port" must be a whole number from 0 to 65535, not "abc".',
      'rollcall.yaml:2: "probe.hostKeys" is known-hosts, which needs "knownHostsFile" beside it.',
      'rollcall.yaml:2: "probe.timout" is not a known key; did you mean "probe.timeout"?',
      'rollcall.yaml:6: "credentials[0].passwordEnv" names the environment variable UNSET, which is not set.',
      'rollcall.yaml:7: "credentials[1].username" is missing; it must be a user name.',
      'rollcall.yaml:8: "credentials[1].usrname" is not a known key; did you mean "credentials[1].username"?',
      'rollcall.yaml:10: "credentials[2].name" is "a", which number 1 of the list is named already; choose another.',
      'rollcall.yaml:12: "credentials[2].password" would keep a secret in this file; name an environment variable with "passwordEnv" or a file with "passwordFile" instead.',
      'rollcall.yaml:14: "sources[0].tokenFile" names gone, which does not exist.',
      'rollcall.yaml:15: "sources[1].path" is missing; it must be the path of a file.',
      'The environment variable ROLLCALL_THROTLE_RETRIES is not a known one; did you mean ROLLCALL_THROTTLE_RETRIES?',
    ].sort(),
  )
})
