import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parse } from 'yaml'
import { temporaryFolder } from '../store/support/fixture.ts'
import { AUDIENCE, ISSUER, newKey, type SigningKey, startIssuer } from '../support/jwt-issuer.ts'
import { writeSettled } from '../support/settled-file.ts'
import { runInProcess } from './run-in-process.ts'

/** A folder with a configuration; `run` is `rollcall config` in it. */
async function folderWith(content: string, env: NodeJS.ProcessEnv = {}) {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'rollcall.yaml'), content)
  const run = (...args: string[]) => runInProcess(['config', ...args], { cwd: folder, env })
  return { folder, run }
}

const LOGIN = 'credentials: [{ name: core, username: netops, passwordEnv: WORD, match: { site: "FRA*" } }]\n'

describe('rollcall config check', () => {
  it('says that a configuration is valid', async () => {
    const { folder, run } = await folderWith(LOGIN, { WORD: 'hunter2' })
    expect(await run('check')).toEqual({
      code: 0,
      stdout: `The configuration is valid: ${join(folder, 'rollcall.yaml')}\n`,
      stderr: '',
    })
  })

  it('prints every problem, and exits with 1', async () => {
    const { run } = await folderWith(`${LOGIN}log: { level: loud }\n`)
    const { code, stdout, stderr } = await run('check')
    expect(stderr.split('\n')).toEqual([
      'rollcall: rollcall.yaml:2: "log.level" must be one of silent, fatal, error, warn, info, debug, trace, not "loud".',
      'rollcall.yaml:1: "credentials[0].passwordEnv" names the environment variable WORD, which is not set.',
      '',
    ])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    const json = await run('check', '--online', '--json')
    expect(json.code).toBe(1)
    expect(JSON.parse(json.stdout)).toMatchObject({
      problems: [expect.any(String), expect.any(String)],
      findings: [],
    })
  })

  it('says that it found no file', async () => {
    const folder = await temporaryFolder()
    const { code, stdout } = await runInProcess(['config', 'check'], { cwd: folder })
    expect(stdout).toContain(`There is no file ${join(folder, 'rollcall.yaml')}; every key has its default`)
    expect(code).toBe(0)
  })

  it('--online tells what is there, and changes nothing', async () => {
    const content = `${LOGIN}sources: [{ name: lab, type: file, path: lab.json }]
persistedOperations: { file: operations.json, only: true }\n`
    const { folder, run } = await folderWith(content, { WORD: 'hunter2' })
    const records = [
      { name: 'r1', address: '127.0.0.1', site: 'Lyon', country: 'France' },
      { name: 'r2', address: '0.0.0.0', site: 'Lyon', country: 'France' },
    ]
    await writeSettled(join(folder, 'lab.json'), JSON.stringify(records))
    await writeFile(join(folder, 'operations.json'), JSON.stringify({ one: '{ countries { name } }' }))
    const before = await readdir(folder)
    const { code, stdout } = await run('check', '--online')
    expect(stdout.split('\n').slice(1)).toEqual([
      '',
      `database              SQLite, ${join(folder, 'rollcall.db')}: not there yet; \`serve\` creates it`,
      'source "lab"          1 device, 1 record set aside',
      '                      record 2: "address" is "0.0.0.0", which stands for no device',
      'credential "core"     netops with a password, for devices with site FRA*',
      'persisted operations  1 operation; all others are refused',
      '',
    ])
    expect(stdout).not.toContain('hunter2')
    expect(code).toBe(0)
    expect(await readdir(folder)).toEqual(before)
  })

  it('--online knows a database that is up to date', async () => {
    const { folder, run } = await folderWith('')
    await runInProcess(['token', 'create', 'a', '--role', 'VIEWER'], { cwd: folder })
    const { code, stdout } = await run('check', '--online')
    expect(stdout).toMatch(/database +SQLite 3\.\d+\.\d+, .*rollcall\.db: up to date\n/)
    expect(stdout).toMatch(/sources +none; only devices that are onboarded by hand are probed/)
    expect(code).toBe(0)
  })

  it('--online exits with 1 if a place cannot be used, after it has looked at all', async () => {
    const server = createServer((_request, response) => void response.writeHead(403).end()).listen(
      0,
      '127.0.0.1',
    )
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/devices.json`
    const content = `database: ./none/rollcall.db
sources:
  - { name: closed, type: http, url: "${url}" }
  - { name: gone, type: file, path: gone.json }
persistedOperations: { file: operations.json }\n`
    const { folder, run } = await folderWith(content)
    await writeFile(join(folder, 'operations.json'), JSON.stringify({ one: '{ planets { name } }' }))
    const { code, stdout } = await run('check', '--online', '--json')
    const { findings } = JSON.parse(stdout)
    expect(findings).toMatchObject([
      { what: 'database', found: expect.stringContaining('none does not exist'), isUsable: false },
      { what: 'source "closed"', found: expect.stringContaining('403'), isUsable: false },
      { what: 'source "gone"', found: expect.stringContaining('gone.json does not exist'), isUsable: false },
      { what: 'persisted operations', found: expect.stringContaining('planets'), isUsable: false },
    ])
    expect(code).toBe(1)
    expect(existsSync(join(folder, 'none'))).toBe(false)
  })

  describe('--online, if JWTs are accepted,', () => {
    const withKeysOf = async (keys: readonly SigningKey[]) => {
      const issuer = await startIssuer(keys)
      const jwt = `jwks: "${issuer.url}", issuer: "${ISSUER}", audience: ${AUDIENCE}`
      const { run } = await folderWith(`auth: { mode: jwt, jwt: { ${jwt} } }\n`)
      return { issuer, check: () => run('check', '--online') }
    }

    it('names the keys that the issuer has now', async () => {
      const encrypting = await newKey('three')
      encrypting.jwk.use = 'enc'
      const { issuer, check } = await withKeysOf([
        await newKey('one'),
        await newKey('two', 'RS256'),
        encrypting,
      ])
      const { code, stdout } = await check()
      expect(stdout.split('\n').slice(-4)).toEqual([
        `keys of JWTs  2 keys of ${issuer.url}`,
        '              one (ES256)',
        '              two (RS256)',
        '',
      ])
      expect(code).toBe(0)
    })

    it('exits with 1 if they cannot be fetched, or check no signature', async () => {
      const { issuer, check } = await withKeysOf([])
      const empty = await check()
      expect(empty.stdout).toMatch(/keys of JWTs +FAILED: no key that checks signatures among 0 of http/)
      issuer.answer = { status: 404, body: '' }
      const missing = await check()
      expect(missing.stdout).toMatch(/keys of JWTs +FAILED: .* cannot be fetched from http.*: .*404\n/)
      expect([empty.code, missing.code]).toEqual([1, 1])
    })
  })

  it('--online refuses a file that is no database', async () => {
    const { folder, run } = await folderWith('')
    await writeFile(join(folder, 'rollcall.db'), 'x'.repeat(8_192))
    const { code, stdout } = await run('check', '--online')
    expect(stdout).toMatch(/database +FAILED: /)
    expect(code).toBe(1)
  })
})

describe('rollcall config print', () => {
  const CONTENT = `${LOGIN}server:
  cors: [loopback]
sources:
  - { name: global, type: http, url: "https://inventory.example.org/all.json?apikey=hunter2&page=1" }
log:
  level:
`

  it('shows each value with its origin', async () => {
    const { folder, run } = await folderWith(CONTENT, { ROLLCALL_SERVER_PORT: '4100', WORD: 'hunter2' })
    const { code, stdout } = await run('print')
    const lines = stdout.split('\n').map((line) => line.replace(/ {2,}#/, ' #'))
    expect(lines[0]).toBe(`# The file is ${join(folder, 'rollcall.yaml')}, named by the default.`)
    for (const line of [
      '  host: 127.0.0.1 # default',
      '  port: 4100 # ROLLCALL_SERVER_PORT',
      '  cors: [ loopback ] # rollcall.yaml:3',
      '    url: https://inventory.example.org/all.json?apikey=***&page=*** # rollcall.yaml:5',
      '      decommission: 10% # default',
      '    passwordEnv: WORD # rollcall.yaml:1',
      '      site: FRA* # rollcall.yaml:1',
      '  level: info # default',
    ]) {
      expect(lines).toContain(line)
    }
    expect(stdout).not.toContain('hunter2')
    expect(code).toBe(0)
  })

  it('hides the path of a receiver of webhooks', async () => {
    const env = { ROLLCALL_HOOK_SECRET: `whsec_${Buffer.alloc(24, 7).toString('base64')}` }
    const url = 'https://hooks.example.org/services/hunter2'
    const { run } = await folderWith(`notify: [{ url: "${url}", secretEnv: ROLLCALL_HOOK_SECRET }]`, env)
    const { code, stdout } = await run('print')
    expect(stdout).toContain('url: https://hooks.example.org/***')
    expect(stdout).not.toContain('hunter2')
    expect(code).toBe(0)
    expect(await run('check')).toMatchObject({ code: 0, stderr: '' })
  })

  it('prints a configuration that can be used again', async () => {
    const { folder, run } = await folderWith(LOGIN)
    const { stdout } = await run('print')
    await writeFile(join(folder, 'again.yaml'), stdout)
    const again = await run('print', '--config', 'again.yaml')
    expect(again.stdout).toContain('named by --config.')
    expect(parse(again.stdout)).toEqual(parse(stdout))
  })

  it('prints paths with values and origins as JSON', async () => {
    const { folder, run } = await folderWith(CONTENT)
    const { file, values } = JSON.parse((await run('print', '--json')).stdout)
    expect(file).toBe(join(folder, 'rollcall.yaml'))
    expect(values).toContainEqual({
      path: 'credentials[0].username',
      value: 'netops',
      origin: { kind: 'file', file: 'rollcall.yaml', line: 1 },
    })
    expect(values).toContainEqual({ path: 'throttle.retries', value: 1, origin: { kind: 'default' } })
  })

  it('needs no secret, and reports what is wrong otherwise', async () => {
    const { run } = await folderWith('log: { level: loud }\n', { ROLLCALL_LOG: 'info' })
    const { code, stderr } = await run('print')
    expect(stderr).toContain('rollcall.yaml:1: "log.level" must be one of')
    expect(stderr).toContain('The environment variable ROLLCALL_LOG is not a known one')
    expect(code).toBe(1)
  })
})

describe('rollcall reload', () => {
  it('needs a SQLite database that a gateway uses', async () => {
    const folder = await temporaryFolder()
    const { code, stderr } = await runInProcess(['reload'], { cwd: folder })
    expect(stderr).toBe(
      `rollcall: No gateway uses the database ${join(folder, 'rollcall.db')}; if it runs with another configuration, give --config.\n`,
    )
    expect(code).toBe(1)
    const env = { ROLLCALL_DATABASE: 'postgres://rollcall@127.0.0.1/rollcall' }
    const remote = await runInProcess(['reload'], { cwd: folder, env })
    expect(remote.stderr).toContain('Send each of them a SIGHUP')
    expect(remote.code).toBe(1)
  })
})
