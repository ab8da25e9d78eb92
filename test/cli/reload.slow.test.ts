import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { BIN, NODE_FLAGS, runRollcall, startRollcall } from './run-rollcall.ts'

const SECRET = 'hunter2-of-the-devices'

function content({ perSite = 10, every = '2h', port = 0, more = '' } = {}): string {
  return `server: { port: ${port} }
workers: 1
sources: [{ name: lab, type: file, path: lab.json }]
credentials: [{ name: lab, username: rollcall, passwordFile: password }]
throttle: { perSite: ${perSite} }
schedule: { every: ${every}, onStart: false }
${more}`
}

/** A gateway as a process of its own. `write` replaces its configuration, `reload` is `rollcall reload`. */
async function gateway() {
  const cwd = await temporaryFolder()
  const write = (name: string, text: string) => writeFile(join(cwd, name), text)
  await write('lab.json', '[]')
  await write('password', SECRET)
  await write('rollcall.yaml', content())
  const running = startRollcall(['serve'], { cwd })
  onTestFinished(() => void running.child.kill('SIGKILL'))
  const [, url = ''] = await running.printed(/(http:\S+\/graphql)/)
  await expect.poll(() => existsSync(join(cwd, 'rollcall.db-process'))).toBe(true)
  const ask = async (query: string) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) })
    return ((await answer.json()) as { data: Record<string, never> }).data
  }
  const perSite = async () => {
    const { gateway } = (await ask('{ gateway { budgets { name limit } } }')) as never as {
      gateway: { budgets: { name: string; limit: number }[] }
    }
    return gateway.budgets.find(({ name }) => name === 'perSite')?.limit
  }
  const reload = (...args: string[]) => runRollcall(['reload', ...args], { cwd })
  return { ...running, cwd, write, ask, perSite, reload }
}

describe('rollcall reload', () => {
  it('says what has changed and what needs a restart, and the gateway follows', async () => {
    const { write, reload, perSite, ask, printed, child, finished } = await gateway()
    expect(await reload()).toMatchObject({ code: 0, stdout: 'Nothing has changed.\n' })
    await write('password', `${SECRET}-new`)
    const more = 'log: { level: debug }\n'
    await write(
      'rollcall.yaml',
      content({ perSite: 3, every: '1h', port: 4999, more }).replace(
        'name: lab, username',
        'name: core, username',
      ),
    )
    const { code, stdout } = await reload()
    expect(stdout.split('\n')).toEqual([
      'Changed:',
      '  credential "lab": removed',
      '  credential "core": added',
      '  throttle.perSite: 10 → 3',
      '  schedule.every: 2h → 1h',
      'Needs a restart:',
      '  server.port: 0 → 4999',
      '  log.level: info → debug',
      '',
    ])
    expect(code).toBe(0)
    expect(await perSite()).toBe(3)
    expect(await ask('{ gateway { credentials { name } } }')).toEqual({
      gateway: { credentials: [{ name: 'core' }] },
    })
    await printed(/"event":"config\.reloaded".*"throttle\.perSite: 10 → 3"/)
    // What needs a restart is still told, and the rest is no news.
    await write('password', SECRET)
    const again = await reload('--json')
    expect(JSON.parse(again.stdout)).toEqual({
      changed: ['credential "core": login changed'],
      needRestart: ['server.port: 0 → 4999', 'log.level: info → debug'],
      problems: [],
    })
    child.kill('SIGTERM')
    const { stderr } = await finished
    expect(stderr).not.toContain(SECRET)
  })

  it('changes nothing if the configuration is wrong, and exits with 1', async () => {
    const { write, reload, perSite, child, finished, cwd } = await gateway()
    await write(
      'rollcall.yaml',
      content({ perSite: 4 }).replace('passwordFile: password', 'passwordFile: gone'),
    )
    const wrong = await reload()
    expect(wrong.stderr).toContain('"credentials[0].passwordFile" names ')
    expect(wrong.stderr).toContain('Nothing was changed; the gateway continues')
    expect(wrong).toMatchObject({ code: 1, stdout: '' })
    expect(await perSite()).toBe(10)
    await write('rollcall.yaml', 'server: [')
    expect(await reload()).toMatchObject({ code: 1, stdout: '' })
    await write('rollcall.yaml', content({ perSite: 5 }))
    expect(await reload()).toMatchObject({ code: 0 })
    expect(await perSite()).toBe(5)
    child.kill('SIGTERM')
    const { code, stderr } = await finished
    expect(stderr).toContain('"event":"config.not_reloaded"')
    expect(code).toBe(0)
    expect(existsSync(join(cwd, 'rollcall.db-process'))).toBe(false)
  })

  it('does not take a file that is gone or empty for a wish to remove everything', async () => {
    const { write, reload, cwd, ask } = await gateway()
    await write('rollcall.yaml', '# An editor or a full disk has left nothing of it.\n')
    const empty = await reload()
    expect(empty.stderr).toContain(
      'The configuration file rollcall.yaml is missing or empty, and was not before',
    )
    expect(empty).toMatchObject({ code: 1, stdout: '' })
    await rm(join(cwd, 'rollcall.yaml'))
    expect(await reload()).toMatchObject({ code: 1, stdout: '' })
    expect(await ask('{ gateway { credentials { name } } }')).toEqual({
      gateway: { credentials: [{ name: 'lab' }] },
    })
    await write('rollcall.yaml', content())
    expect(await reload()).toMatchObject({ code: 0, stdout: 'Nothing has changed.\n' })
  })

  it('fails if no gateway runs, whatever process has its number', async () => {
    const { cwd, child, reload, finished } = await gateway()
    const file = join(cwd, 'rollcall.db-process')
    const left = JSON.parse(await readFile(file, 'utf8'))
    child.kill('SIGKILL')
    await finished
    expect(await reload()).toMatchObject({ code: 1, stderr: expect.stringContaining('No gateway uses') })
    await writeFile(file, JSON.stringify({ ...left, pid: process.pid }))
    expect(await reload()).toMatchObject({ code: 1, stderr: expect.stringContaining('No gateway uses') })
  })
})

describe('SIGHUP', () => {
  it('reloads a gateway', async () => {
    const { write, printed, child, perSite } = await gateway()
    await write('rollcall.yaml', content({ perSite: 7 }))
    child.kill('SIGHUP')
    await printed(/"event":"config\.reloaded"/)
    expect(await perSite()).toBe(7)
  })

  it.skipIf(!existsSync('/usr/bin/script'))('ends a gateway whose terminal is closed', async () => {
    const cwd = await temporaryFolder()
    await writeFile(join(cwd, 'rollcall.yaml'), 'server: { port: 0 }\nworkers: 1\n')
    const words = [process.execPath, ...NODE_FLAGS, BIN, 'serve'].map((word) => `'${word}'`).join(' ')
    const terminal = spawn('script', ['--quiet', '--command', `exec ${words}`, '/dev/null'], {
      cwd,
      stdio: 'ignore',
    })
    onTestFinished(() => void terminal.kill('SIGKILL'))
    const file = join(cwd, 'rollcall.db-process')
    await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(true)
    const { pid } = JSON.parse(await readFile(file, 'utf8'))
    onTestFinished(() => {
      if (existsSync(file)) process.kill(pid, 'SIGKILL')
    })
    // From a person, it reloads.
    process.kill(pid, 'SIGHUP')
    await expect.poll(async () => JSON.parse(await readFile(file, 'utf8')).reloads).toBe(1)
    terminal.kill('SIGKILL')
    await expect.poll(() => existsSync(file), { timeout: 30_000 }).toBe(false)
  })
})
