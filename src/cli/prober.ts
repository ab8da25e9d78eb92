import { Command } from 'commander'
import { createLogger } from '../base/log.ts'
import { loadWithValues } from '../config/load.ts'
import { startProber } from '../prober.ts'
import { CONFIG_OPTION, several, wholeNumber } from './options.ts'
import { tell } from './output.ts'
import { Reloads } from './reloads.ts'
import { serviceManager } from './service-manager.ts'
import { stopRequested } from './signals.ts'
import { startTraces } from './traces.ts'

const DEFAULT_CONCURRENCY = 1_000

/** The sections of the configuration that a prober uses. */
const SECTIONS = ['database', 'postgres', 'credentials', 'workers', 'log']

export const command = new Command('prober')
  .description('Probes the devices of regions for the engine of another machine.')
  .option(...CONFIG_OPTION)
  .requiredOption('--region <name>', 'a region to probe for; may be given several times', several)
  .option('--concurrency <n>', 'probes at once', wholeNumber(1, 10_000), DEFAULT_CONCURRENCY)
  .addHelpText(
    'after',
    '\nThe configuration needs "database", "postgres" and "credentials". Each credential has the same\n' +
      'name as in the configuration of the engine.\n\n' +
      'Example:\n  rollcall prober --region EMEA --config /etc/rollcall.yaml',
  )
  .action(async (options: { config?: string; region: string[]; concurrency: number }) => {
    const { region, concurrency } = options
    const load = () => loadWithValues({ file: options.config, env: process.env, reads: ['credentials'] })
    const loaded = load()
    const { config } = loaded
    const log = createLogger(config.log)
    const manager = serviceManager(log)
    const reloads = new Reloads({ loaded, load, sections: SECTIONS, log })
    const stopped = stopRequested(() => reloads.reload())
    const stopping = new AbortController()
    void stopped.then(() => stopping.abort())
    const regions = [...new Set(region)]
    const endTraces = await startTraces(config.traces, log)
    const prober = await startProber({ config, regions, concurrency, log, signal: stopping.signal }).catch(
      (failure: unknown) => {
        if (stopping.signal.aborted) return null
        throw failure
      },
    )
    if (prober === null) return
    tell(`Rollcall probes for ${regions.length === 1 ? 'the region' : 'the regions'} ${regions.join(', ')}.`)
    reloads.begin((changed) => prober.change(changed))
    manager.ready()
    try {
      const signal = await Promise.race([stopped, prober.failed])
      log.info({ event: 'process.stopping', signal }, 'stopping')
      manager.stopping()
    } finally {
      reloads.end()
      await prober.close()
      await endTraces()
    }
  })
