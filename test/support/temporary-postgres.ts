import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { freePort } from './free-port.ts'

const run = promisify(execFile)

/** Where Debian keeps the programs of each version. */
const DEBIAN = '/usr/lib/postgresql'

/** The superuser of a temporary server. */
const SUPERUSER = 'rollcall'

/** The folder with the newest programs of a server; null if there is none. */
const PROGRAMS: string | null = !existsSync(DEBIAN)
  ? null
  : (readdirSync(DEBIAN)
      .sort((one, other) => Number(other) - Number(one))
      .map((version) => join(DEBIAN, version, 'bin'))
      .find((folder) => existsSync(join(folder, 'initdb'))) ?? null)

/**
 * A PostgreSQL server on a free port of 127.0.0.1, with its data in a temporary folder. What it keeps outlasts
 * its processes but not its machine. Text sorts as in English unless a column says otherwise.
 */
export class TemporaryPostgres implements AsyncDisposable {
  readonly #folder: string
  readonly #user: { uid?: number; gid?: number }
  readonly port: number
  #server: ReturnType<typeof spawn> | undefined

  private constructor(folder: string, port: number, user: { uid?: number; gid?: number }) {
    this.#folder = folder
    this.port = port
    this.#user = user
  }

  /** Makes a server and starts it. @param options.auth how users log in: `trust`, or `scram-sha-256` for all but the superuser */
  static async start({ auth = 'trust' }: { auth?: string } = {}): Promise<TemporaryPostgres> {
    if (PROGRAMS === null) throw new Error(`There is no PostgreSQL server below ${DEBIAN}.`)
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-postgres-'))
    const user = await unprivileged()
    if (user.uid !== undefined && user.gid !== undefined) await chown(folder, user.uid, user.gid)
    const server = new TemporaryPostgres(folder, await freePort(), user)
    const locale = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US']
    const data = join(folder, 'data')
    await run(
      join(PROGRAMS, 'initdb'),
      ['-D', data, '-U', SUPERUSER, '--auth=trust', '--no-sync', ...locale],
      {
        ...user,
        cwd: folder,
      },
    )
    await writeFile(
      join(data, 'pg_hba.conf'),
      `host all ${SUPERUSER} 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 ${auth}\n`,
    )
    await server.restart()
    return server
  }

  /** The first of its processes; null while it does not run. */
  get pid(): number | null {
    return this.#server?.pid ?? null
  }

  /** The URL of a database, for the superuser unless another one is named. */
  url(database = 'postgres', user = SUPERUSER): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`
  }

  /** Runs statements as the superuser. */
  async query(statements: string, database?: string): Promise<void> {
    const client = new pg.Client({ connectionString: this.url(database) })
    await client.connect()
    try {
      await client.query(statements)
    } finally {
      await client.end()
    }
  }

  /** Starts the server, after ending it if it runs. Resolves once it accepts connections. */
  async restart(): Promise<void> {
    await this.stop()
    const settings = {
      port: String(this.port),
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
      full_page_writes: 'off',
    }
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = spawn(join(PROGRAMS ?? '', 'postgres'), ['-D', join(this.#folder, 'data'), ...options], {
      ...this.#user,
      cwd: this.#folder,
      stdio: 'ignore',
    })
    this.#server = server
    while (!(await this.#answers())) {
      if (server.exitCode !== null) throw new Error(`PostgreSQL ended with exit code ${server.exitCode}.`)
      await sleep(20)
    }
  }

  /** Ends the server and all its connections at once, as a machine that is switched off would; does nothing if it does not run. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server || server.exitCode !== null) return
    const ended = once(server, 'exit')
    // "Immediate": without a checkpoint, so it recovers at the next start.
    server.kill('SIGQUIT')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }

  async #answers(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.url() })
    try {
      await client.connect()
      await client.end()
      return true
    } catch {
      return false
    }
  }
}

/** The server refuses to run as root. */
async function unprivileged(): Promise<{ uid?: number; gid?: number }> {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}
