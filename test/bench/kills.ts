import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { randomFrom } from '../fuzz/mutate.ts'
import { cellsOf, killRefreshes } from './kills/refresh-kills.ts'
import { killWrites, WRITE_KINDS, type WriteKills } from './kills/write-kills.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { setUpGateway } from './support/gateway-over-fleet.ts'
import { countOption, devicesOption, faultyOption, timeoutOption } from './support/options.ts'
import { printReport, seconds } from './support/report.ts'

// kill -9 at random moments: of a gateway in its refreshes, and of processes that migrate, sync, approve plans, and create and
// revoke tokens. Whether all that was committed is there, and once only.

interface KillOptions {
  kills: number
  devices: number
  faulty: number
  timeout: number
  seed: number
}

const command = new Command('bench:kills')
  .description('Kills processes that write at random moments, and counts what is lost or doubled then.')
  .addOption(countOption('--kills <n>', 'how many times, a fifth of them in refreshes', 20))
  .addOption(devicesOption(1_000))
  .addOption(faultyOption(0))
  .addOption(timeoutOption())
  .addOption(countOption('--seed <n>', 'the same seed chooses the same moments', 1))

await runBenchmark<KillOptions>(command, async ({ timeout, ...options }, stack) => {
  const random = randomFrom(options.seed)
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-kills-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const share = Math.ceil(options.kills / (WRITE_KINDS.length + 1))
  const writes: WriteKills[] = []
  for (const kind of WRITE_KINDS) {
    tell(`${share} kills of processes that write ${kind}`)
    writes.push(await killWrites(kind, { kills: share, folder, random }))
  }
  const setup = await setUpGateway(stack, { ...options, timeoutMs: timeout })
  const { busyMs, killed, exact, integrity } = await killRefreshes(setup, { kills: share, random })
  const isIntact = writes.every(({ lost, wrong, damaged }) => lost + wrong + damaged === 0)
  printReport({
    benchmark: command.name(),
    title: `${share} kills of each kind with seed ${options.seed}; ${options.devices} devices, ${options.faulty} of them stall; a refresh that is left alone has 98 % of its results after ${seconds(busyMs)}`,
    tables: [
      {
        columns: ['writes', 'kills', 'acknowledged', 'lost', 'wrong or doubled', 'damaged'],
        rows: writes.map(({ kind, kills, acknowledged, lost, wrong, damaged }) => [
          kind,
          ...[kills, acknowledged, lost, wrong, damaged].map(String),
        ]),
      },
      {
        columns: [
          'refresh',
          'killed after',
          'results then',
          'integrity',
          'ended as',
          'targets',
          'results',
          'repeated',
          'missing',
        ],
        rows: killed.flatMap((refresh, index) => cellsOf(String(index + 1), refresh)),
      },
    ],
    notes: [
      isIntact
        ? 'Nothing that was acknowledged is lost, nothing is doubled, no database is damaged.'
        : 'SOMETHING WAS LOST, DOUBLED OR DAMAGED: see the first table.',
      `${exact} of ${killed.length} refreshes completed with exactly one result for each target; the database at the end: ${integrity}.`,
      'The first kill of a refresh is counted from the request for it, each further one from the start of the process that resumes it.',
    ],
    data: { options: { ...options, timeout }, busyMs, writes, refreshes: killed, exact, integrity },
  })
})
