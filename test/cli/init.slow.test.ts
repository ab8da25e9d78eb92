import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { temporaryFolder } from '../store/support/fixture.ts'
import { BIN, CommandOutput, NODE_FLAGS } from './run-rollcall.ts'

it.skipIf(!existsSync('/usr/bin/script'))('rollcall init asks a person at a terminal', async () => {
  const cwd = await temporaryFolder()
  const words = [process.execPath, ...NODE_FLAGS, BIN, 'init'].map((word) => `'${word}'`).join(' ')
  const terminal = spawn('script', ['--quiet', '--command', `exec ${words}`, '/dev/null'], { cwd })
  onTestFinished(() => void terminal.kill('SIGKILL'))
  const output = new CommandOutput()
  terminal.stdout.setEncoding('utf8').on('data', (text: string) => output.add('stdout', text))
  const finished = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    terminal.once('close', (code) => resolve({ code, stdout: output.stdout, stderr: '' }))
  })
  for (const [question, answer] of [
    [/comes from .*\[file\]: /, 'netbox'],
    [/URL \[https:\/\/netbox\.example\.org\]: /, 'https://netbox.lab.example'],
    [/log in to the devices as \[netops\]: /, ''],
    [/password or a key\? \[password\]: /, ''],
    [/variable with the password \[NETOPS_PASSWORD\]: /, 'LAB_PASSWORD'],
    [/The database: .*\[\.\/rollcall\.db\]: /, ''],
    [/How often .*\[2h\]: /, '4h'],
    [/listen on.*\[127\.0\.0\.1\]: /, ''],
  ] as const) {
    await output.printed(question, finished)
    terminal.stdin.write(`${answer}\n`)
  }
  const { code, stdout } = await finished
  expect(stdout).toContain('1. Set NETBOX_TOKEN in the environment')
  expect(code).toBe(0)
  expect(loadConfig({ file: join(cwd, 'rollcall.yaml'), env: {}, reads: [] })).toMatchObject({
    sources: [{ type: 'netbox', url: 'https://netbox.lab.example/' }],
    schedule: { everyMs: 4 * 3_600_000 },
  })
})
