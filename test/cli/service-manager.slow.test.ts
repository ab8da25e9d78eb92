import { spawn } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { isInstalled } from '../support/is-installed.ts'
import { until } from '../support/until.ts'
import { startRollcall } from './run-rollcall.ts'

/** Prints each message that arrives at a socket of systemd, with its assignments in one line. */
const LISTENER = `
  use IO::Socket::UNIX;
  my $socket = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die $!;
  $| = 1;
  print "listening\\n";
  while (defined $socket->recv(my $message, 4096)) { $message =~ s/\\n/ /g; print "$message\\n" }`

/** A socket such as systemd gives to a service, and what arrived at it. */
async function notifySocket(folder: string): Promise<{ path: string; messages: string[] }> {
  const path = join(folder, 'notify')
  const messages: string[] = []
  const child = spawn('perl', ['-e', LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill())
  createInterface(child.stdout).on('line', (line) => void messages.push(line.trim()))
  await until(() => messages.shift() === 'listening')
  return { path, messages }
}

beforeEach(({ skip }) => skip(!isInstalled('systemd-notify'), 'systemd is not installed'))

it('tells systemd when it serves, that it works, and that it stops', async () => {
  const cwd = await temporaryFolder()
  const { path, messages } = await notifySocket(cwd)
  const gateway = startRollcall(['serve'], {
    cwd,
    env: { ROLLCALL_SERVER_PORT: '0', NOTIFY_SOCKET: path, WATCHDOG_USEC: '200000' },
  })
  onTestFinished(() => void gateway.child.kill('SIGKILL'))
  await gateway.printed(/Rollcall serves GraphQL/)
  await until(() => messages.includes('READY=1'))
  await until(() => messages.filter((message) => message === 'WATCHDOG=1').length > 2)
  expect(messages).not.toContain('STOPPING=1')
  gateway.child.kill('SIGTERM')
  expect(await gateway.finished).toMatchObject({ code: 0 })
  await until(() => messages.includes('STOPPING=1'))
})

it('pings only if systemd expects it of this process', async () => {
  const cwd = await temporaryFolder()
  const { path, messages } = await notifySocket(cwd)
  const gateway = startRollcall(['serve'], {
    cwd,
    env: { ROLLCALL_SERVER_PORT: '0', NOTIFY_SOCKET: path, WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' },
  })
  onTestFinished(() => void gateway.child.kill('SIGKILL'))
  await until(() => messages.includes('READY=1'))
  gateway.child.kill('SIGTERM')
  await until(() => messages.includes('STOPPING=1'))
  expect(messages).not.toContain('WATCHDOG=1')
})

it('gives the secrets of its environment to no other program, and serves without systemd-notify', async () => {
  const cwd = await temporaryFolder()
  const bin = join(cwd, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'systemd-notify'), `#!/bin/sh\nenv > '${cwd}/environment'\nexit 1\n`, {
    mode: 0o755,
  })
  const gateway = startRollcall(['serve'], {
    cwd,
    env: {
      PATH: `${bin}:${process.env.PATH}`,
      ROLLCALL_SERVER_PORT: '0',
      NOTIFY_SOCKET: join(cwd, 'none'),
      NETOPS_PASSWORD: 'canary',
    },
  })
  onTestFinished(() => void gateway.child.kill('SIGKILL'))
  await gateway.printed(/systemd cannot be told about this process/)
  const environment = await readFile(join(cwd, 'environment'), 'utf8')
  expect(environment).toContain('NOTIFY_SOCKET=')
  expect(environment).not.toContain('canary')
  gateway.child.kill('SIGTERM')
  expect(await gateway.finished).toMatchObject({ code: 0 })
})
