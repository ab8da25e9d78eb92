import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it, test } from 'vitest'
import { answersOfPerson, type InitOptions } from '../../src/cli/init-answers.ts'
import { configurationText } from '../../src/cli/init-text.ts'
import { loadConfig } from '../../src/config/load.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { runInProcess } from './run-in-process.ts'

const SECRETS = { NETOPS_PASSWORD: 'a', NETBOX_TOKEN: 'b', SOLARWINDS_PASSWORD: 'c' }

describe('rollcall init', () => {
  test.each([
    ['file', []],
    ['http', ['--url', 'https://inventory.example.org/all.json']],
    ['netbox', ['--url', 'https://netbox.example.org', '--host', '0.0.0.0']],
    ['solarwinds', ['--url', 'https://orion.example.org:17774', '--every', '30m']],
    ['none', ['--database', 'postgres://rollcall@db.example.org/rollcall']],
  ])('writes a configuration with the source %s that config check accepts', async (source, more) => {
    const cwd = await temporaryFolder()
    const { code, stdout, stderr } = await runInProcess(['init', '--source', source, ...more], { cwd })
    expect(stderr).toMatch(/^Wrote \S+rollcall\.yaml\. What to do next:\n1\. Set /)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    const check = await runInProcess(['config', 'check'], { cwd, env: SECRETS })
    expect(check).toMatchObject({ code: 0, stderr: '' })
  })

  it('names the JSON Schema for editors', async () => {
    const cwd = await temporaryFolder()
    await runInProcess(['init'], { cwd })
    const [first = ''] = (await readFile(join(cwd, 'rollcall.yaml'), 'utf8')).split('\n')
    const [, file = ''] = /^# yaml-language-server: \$schema=(.*)$/.exec(first) ?? []
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ title: 'The configuration of Rollcall' })
  })

  it('writes what the options say', async () => {
    const cwd = await temporaryFolder()
    const options = [
      '--path',
      './all devices: #1.csv',
      '--user',
      'it',
      '--key',
      './id',
      '--database',
      './a.db',
    ]
    const { stderr } = await runInProcess(['init', 'new.yaml', ...options], { cwd })
    expect(stderr).toContain(`Put the private key into ${join(cwd, 'id')}.`)
    expect(stderr).toContain(`Put the inventory into ${join(cwd, 'all devices: #1.csv')}.`)
    const { sources, credentials, database } = loadConfig({ file: join(cwd, 'new.yaml'), env: {}, reads: [] })
    expect(sources).toMatchObject([{ type: 'file', path: join(cwd, 'all devices: #1.csv') }])
    expect(credentials).toMatchObject([{ username: 'it' }])
    expect(database).toBe(join(cwd, 'a.db'))
  })

  it('replaces a file only with --force', async () => {
    const cwd = await temporaryFolder()
    const path = join(cwd, 'rollcall.yaml')
    await writeFile(path, '# mine\n')
    const refused = await runInProcess(['init'], { cwd })
    expect(refused.stderr).toBe(
      `rollcall: ${path} is there already and was left as it is; --force replaces it, or name another file.\n`,
    )
    expect(refused.code).toBe(1)
    expect(await readFile(path, 'utf8')).toBe('# mine\n')
    expect((await runInProcess(['init', '--force'], { cwd })).code).toBe(0)
    expect(await readFile(path, 'utf8')).toContain('credentials:')
  })

  test.each([
    [['--every', '10s'], '--every: Give a duration from 1m to 24d, such as 500ms, 10s or 2h.'],
    [['--source', 'netbox'], 'The source is a server; give its address with --url.'],
    [['--url', 'https://a.example'], 'Say what the server is: --source http, netbox or solarwinds.'],
    [['--source', 'http', '--url', 'ftp://a.example'], '--url: Give the https:// URL of a server.'],
    [
      ['--source', 'http', '--url', 'http://a.example'],
      '--url: It is not encrypted, which only a server on this machine may be; use https://.',
    ],
    [
      ['--source', 'none', '--path', 'a.csv'],
      '--path does not go with --source none; leave one of them out.',
    ],
    [['--path', 'a.csv', '--url', 'b'], 'Give --path for a file or --url for a server, not both.'],
    [
      ['--database', 'postgres://a:secret@b/c'],
      '--database: It holds a password, which others could read there; name it with "postgres.passwordEnv" or "postgres.passwordFile" instead.',
    ],
  ])('refuses %j and writes nothing', async (args, problem) => {
    const cwd = await temporaryFolder()
    expect(await runInProcess(['init', ...args], { cwd })).toEqual({
      code: 2,
      stdout: '',
      stderr: `rollcall: ${problem}\n`,
    })
    await expect(readFile(join(cwd, 'rollcall.yaml'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('a person at a terminal', () => {
  /** Answers the questions with these lines. */
  async function answer(lines: readonly string[], options: InitOptions = {}) {
    const input = new PassThrough()
    const output = new PassThrough().setEncoding('utf8')
    input.end(lines.map((line) => `${line}\n`).join(''))
    const answers = await answersOfPerson(options, { input, output })
    return { answers, printed: String(output.read()) }
  }

  it('takes a default with an empty line', async () => {
    const { answers, printed } = await answer(['', '', '', '', '', '', '', ''])
    expect(answers).toEqual({
      source: 'file',
      location: './inventory.csv',
      username: 'netops',
      keyFile: null,
      passwordEnv: 'NETOPS_PASSWORD',
      database: './rollcall.db',
      every: '2h',
      host: '127.0.0.1',
    })
    expect(printed).toContain('How often to probe all devices [2h]: ')
  })

  it('is asked again after an answer that is not accepted, and not for what an option says', async () => {
    const lines = [
      'ldap',
      'netbox',
      'netbox.example.org',
      'https://netbox.example.org',
      'key',
      './id',
      '',
      '1w',
      '1d',
    ]
    const { answers, printed } = await answer(lines, { user: 'it', host: '::1' })
    expect(printed).toContain('Give one of file, http, netbox, solarwinds, none.\n')
    expect(printed).toContain('Give the https:// URL of a server.\n')
    expect(printed).toContain('Give a duration from 1m to 24d, such as 500ms, 10s or 2h.\n')
    expect(answers).toMatchObject({
      source: 'netbox',
      location: 'https://netbox.example.org',
      username: 'it',
      keyFile: './id',
      every: '1d',
      host: '::1',
    })
    expect(configurationText(answers, 'x.json')).toContain('privateKeyFile: ./id')
  })

  it('may end the input, and nothing is written', async () => {
    await expect(answer(['file'])).rejects.toThrow('The input ended; nothing was written.')
  })
})
