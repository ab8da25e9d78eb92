import { inspect } from 'node:util'
import { Command } from 'commander'
import { RollcallError } from '../../src/base/errors.ts'
import { checkFaulty, MAX_DEVICES, wholeNumber } from '../../src/cli/options.ts'
import { tell, tellStopping } from '../../src/cli/output.ts'
import { stopRequested } from '../../src/cli/signals.ts'
import { table } from '../../src/cli/table.ts'
import { endOfRefresh, startRefresh } from '../bench/support/refreshes.ts'
import { outcomeList, seconds } from '../bench/support/report.ts'
import { type Cluster, startCluster } from './cluster.ts'

// A whole cluster on this machine, to look at and to break.

interface DemoOptions {
  devices: number
  faulty: number
  port: number
}

const command = new Command('demo:cluster')
  .description(
    'Runs a PostgreSQL server, two API processes, two engines, three probers and simulated devices, until Ctrl-C.',
  )
  .option('--devices <n>', 'how many devices', wholeNumber(1, MAX_DEVICES), 3_000)
  .option(
    '--faulty <n>',
    'how many of them stall in the middle of their hello',
    wholeNumber(0, MAX_DEVICES),
    33,
  )
  .option(
    '--port <p>',
    'the port of the first API process; the second has the next; 0 for any free ones',
    wholeNumber(0, 65_534),
    4_000,
  )
  .action(async (options: DemoOptions) => {
    checkFaulty(options.faulty, options.devices)
    const stopped = stopRequested()
    const stopping = new AbortController()
    void stopped.then(() => {
      stopping.abort()
      tellStopping()
    })
    try {
      await run(options, { stopped, stopping: stopping.signal })
    } catch (failure) {
      if (!stopping.signal.aborted) throw failure
    }
  })

async function run(
  options: DemoOptions,
  { stopped, stopping }: { stopped: Promise<unknown>; stopping: AbortSignal },
): Promise<void> {
  let isUp = false
  const onLine = (process: string, line: string) => {
    if (isUp && !stopping.aborted) tell(`${process}: ${messageIn(line)}`)
  }
  const onLost = (process: string, how: string) => onLine(process, `the process ${how}`)
  tell(
    `Starting PostgreSQL, ${options.devices} simulated devices, of which ${options.faulty} stall, and seven processes…`,
  )
  const cluster = await startCluster({ ...options, onLine, onLost }, stopping)
  isUp = true
  try {
    tell(whereItIs(cluster))
    await Promise.race([stopped, showRefresh(cluster)])
    await stopped
  } finally {
    await cluster.close()
  }
}

/** Runs a refresh, and says what to try next when it has ended. */
async function showRefresh({ apis: [first, second], engines }: Cluster): Promise<void> {
  const id = await startRefresh(`${first.url}/graphql`)
  tell('A refresh of all devices has started; watch it in the console.')
  // Any API process knows of it.
  const { state, wallMs, outcomes } = await endOfRefresh(`${second.url}/graphql`, id)
  tell(`The refresh ended as ${state} after ${seconds(wallMs)}: ${outcomeList(outcomes)}.`)
  tell(`Next, start another one in the console, and end a process while it runs, such as an engine:
  kill -9 ${engines[0]?.pid}
Ctrl-C stops the demo.`)
}

function whereItIs({ apis, engines, probers, server, database, configFile }: Cluster): string {
  const rows = [
    ...apis.map(({ process, url }) => [process.name, process.pid, `${url}/ (console) and ${url}/graphql`]),
    ...engines.map(({ name, pid }) => [name, pid, '']),
    ...probers.map(({ name, pid }) => [name, pid, '']),
    ['PostgreSQL', server.pid, `PGPASSWORD=${database.password} psql ${database.url}`],
  ]
  const cells = rows.map((row) => row.map(String))
  return `${table([['PROCESS', 'ID', ''], ...cells])}\nAll have the configuration ${configFile}.`
}

/** Returns the message of a line of the log, and any other line as it is. */
function messageIn(line: string): string {
  const [, text] = /"msg":("(?:[^"\\]|\\.)*")\}$/.exec(line) ?? []
  return text === undefined ? line : JSON.parse(text)
}

try {
  await command.parseAsync()
} catch (failure) {
  tell(`demo:cluster: ${failure instanceof RollcallError ? failure.message : inspect(failure)}`)
  process.exitCode = 1
}
