import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { TemporaryPostgres } from './temporary-postgres.ts'

// Runs a command with a PostgreSQL server of its own, which ROLLCALL_TEST_POSTGRES names:
// node test/support/with-postgres.ts vitest run --project postgres

const [command = '', ...args] = process.argv.slice(2)
await using server = await TemporaryPostgres.start()
const env = { ...process.env, ROLLCALL_TEST_POSTGRES: server.url() }
const running = spawn(command, args, { stdio: 'inherit', env })
// Ctrl-C goes to the command as well, which ends by it.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => running.kill())
const [code] = await once(running, 'exit')
process.exitCode = code ?? 1
