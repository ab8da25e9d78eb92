import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { VERSION } from '../../src/base/version.ts'
import { runInProcess } from './run-in-process.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-usage-'))
  await writeFile(join(folder, 'rollcall.yaml'), 'sources: [{ name: lab, type: file, path: none.json }]')
})

afterAll(() => rm(folder, { recursive: true }))

const options = () => ({ cwd: folder, env: { PATH: process.env.PATH, LAB_PASSWORD: 'simulated' } })
const run = (...args: string[]) => runInProcess(args, options())

describe('wrong usage exits with 2 and one sentence', () => {
  it.each([
    [['nope'], /^rollcall: unknown command 'nope'\n$/],
    [['nope', '--help'], /^rollcall: unknown command 'nope'\n$/],
    [['token', 'nope', '--help'], /^rollcall: unknown command 'nope'\n$/],
    [['serve', '--role', 'prober'], /^rollcall: .*Allowed choices are api, engine\.\n$/],
    [
      ['serve', '--role', 'api'],
      /^rollcall: A SQLite file is for one process, `rollcall serve` without --role;/,
    ],
    [['serve', '--role', 'engine'], /^rollcall: A SQLite file is for one process/],
    [['serve', '--port', '1'], /^rollcall: unknown option '--port'/],
    [['probe'], /^rollcall: missing required argument/],
    [['probe', '127.0.0.1'], /^rollcall: Give --password-env or --key/],
    [
      ['probe', '0.0.0.0', '--password-env', 'LAB_PASSWORD'],
      /^rollcall: The host is "0\.0\.0\.0", which stands for no device/,
    ],
    [['probe', '127.0.0.1:0', '--password-env', 'LAB_PASSWORD'], /^rollcall: "127\.0\.0\.1:0" is not a host/],
    [['probe', '127.0.0.1', '--password-env', 'UNSET'], /^rollcall: --password-env names UNSET/],
    [
      ['probe', '127.0.0.1', '--password-env', 'PATH', '--passphrase-env', 'PATH'],
      /^rollcall: --passphrase-env is for a private key; give --key/,
    ],
    [['probe', '127.0.0.1', '--key', 'none'], /^rollcall: The key cannot be read/],
    [['export', 'sites'], /^rollcall: .*Allowed choices are hierarchy, devices\.\n$/],
    [
      ['export', 'devices', '--json', '--format', 'csv'],
      /^rollcall: option '--json' cannot be used with option '--format/,
    ],
    [['sync', '--source', 'nope'], /^rollcall: The configuration has no source "nope"; it has "lab"\.\n$/],
    [
      ['refresh', '--device', ''],
      /^rollcall: option '--device <name>' argument '' is invalid\. It is empty; give a value or leave/,
    ],
    [['refresh', '--country', 'France', '--country', ' '], /It is empty; give a value or leave/],
    [
      ['refresh', '--fail-on', 'TIMEOUT,AUTH_FAILD'],
      /There is no outcome "AUTH_FAILD"\. Did you mean AUTH_FAILED\?\n$/,
    ],
    [['refresh', '--fail-on', ''], /There is no outcome ""\. The outcomes are SUPPORTED, /],
    [['refresh', '--site', ''], /It is empty; give a value or leave/],
    [['sync', '--source', ''], /^rollcall: The configuration has no source ""/],
    [['demo', '--devices', '5', '--faulty', '6'], /^rollcall: --faulty is 6, and there are 5 devices/],
    [
      ['demo', '--cors', 'https://noc.example.org/'],
      /^rollcall: .*Give an origin such as https:\/\/noc\.example\.org, without a path\.\n$/,
    ],
    [['demo', '--devices', 'many'], /^rollcall: .*Give a whole number from 1 to 60000\.\n$/],
    [
      ['simulate', '--devices', '1', '--inventory', '/nowhere/at/all'],
      /^rollcall: The inventory cannot be written/,
    ],
  ])('%j', async (args, sentence) => {
    const { code, stdout, stderr } = await run(...args)
    expect(stderr).toMatch(sentence)
    expect({ code, stdout: args[0] === 'simulate' ? '' : stdout }).toEqual({ code: 2, stdout: '' })
  })

  it('without a command prints the help', async () => {
    const { code, stderr } = await run()
    expect(code).toBe(2)
    expect(stderr).toMatch(/Usage: rollcall \[options\] \[command\]/)
  })
})

it('prints its version', async () => {
  expect(await run('--version')).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' })
})

it.each([
  'serve',
  'demo',
  'refresh',
  'sync',
  'probe',
  'export',
  'simulate',
  'token',
  'devices',
  'plan',
  'trust',
  'resume',
  'db',
  'health',
  'completion',
])('%s has help with an example', async (name) => {
  const { code, stdout } = await run(name, '--help')
  expect(stdout).toContain(`Example:\n  `)
  expect(code).toBe(0)
})

it('the help of probe shows the default time limit in the form of the option', async () => {
  expect((await run('probe', '--help')).stdout).toContain('(default: 10s')
})
