import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished, type TestContext } from 'vitest'
import { freePort } from './free-port.ts'
import { type TemporaryPostgres, unprivileged } from './temporary-postgres.ts'
import { until } from './until.ts'

const PGBOUNCER = '/usr/sbin/pgbouncer'

/**
 * Starts PgBouncer before a server, which it ends with the test. Returns its port. Skips the test if it is not installed.
 *
 * @param server whose superuser needs no password
 */
export async function startPgBouncer(
  context: TestContext,
  server: TemporaryPostgres,
  poolMode: 'transaction' | 'session',
): Promise<number> {
  if (!existsSync(PGBOUNCER)) context.skip(`needs ${PGBOUNCER}`)
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-pgbouncer-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const port = await freePort()
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'any',
    pool_mode: poolMode,
  }
  const { username } = new URL(server.url())
  const lines = [
    '[databases]',
    `* = host=127.0.0.1 port=${server.port} user=${username}`,
    '[pgbouncer]',
    ...Object.entries(settings).map(([name, value]) => `${name} = ${value}`),
  ]
  const file = join(folder, 'pgbouncer.ini')
  await writeFile(file, `${lines.join('\n')}\n`)
  await chmod(folder, 0o755)
  const child = spawn(PGBOUNCER, [file], { ...(await unprivileged()), stdio: 'ignore' })
  onTestFinished(async () => {
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    // At once, whatever its clients do.
    child.kill('SIGTERM')
    await ended
  })
  await until(() => accepts(port))
  return port
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
