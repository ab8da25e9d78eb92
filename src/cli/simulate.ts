import { Command, InvalidArgumentError } from 'commander'
import { FAULT_NAMES, type FaultName } from '../simulator/faults.ts'
import type { LatencyRange } from '../simulator/line.ts'
import { spawnFleet } from '../simulator/spawn-fleet.ts'
import { ListOption } from './choice-options.ts'
import { checkFaulty, latency, MAX_DEVICES, wholeNumber } from './options.ts'
import { print, tell } from './output.ts'
import { stopRequested } from './signals.ts'
import { writeInventory } from './write-inventory.ts'

interface SimulateOptions {
  devices: number
  faulty: number
  faults: readonly FaultName[]
  latency: number | LatencyRange
  jitter: number
  loss: number
  inventory?: string
}

const DEFAULT_FAULTS: readonly FaultName[] = ['stalls-in-hello']

export const command = new Command('simulate')
  .description('Runs a fleet of simulated NETCONF devices on loopback addresses, until Ctrl-C.')
  .option('--devices <n>', 'how many devices', wholeNumber(1, MAX_DEVICES), 100)
  .option('--faulty <n>', 'how many of them have a fault', wholeNumber(0, MAX_DEVICES), 0)
  .addOption(
    new ListOption('--faults <names>', 'the faults that these get in turn, separated by commas, or `all`', [
      'all',
      ...FAULT_NAMES,
    ])
      .argParser(faultNames)
      .default(DEFAULT_FAULTS, DEFAULT_FAULTS.join(',')),
  )
  .option(
    '--latency <ms>',
    'the round trip to a device; a range such as 20-300 gives each country its own distance',
    latency,
    0,
  )
  .option('--jitter <ms>', 'how much longer each packet may take', wholeNumber(0, 60_000), 0)
  .option('--loss <percent>', 'how many packets are lost and sent again', wholeNumber(0, 100), 0)
  .option('--inventory <file>', 'write an inventory (JSON) that points at the fleet')
  .addHelpText('after', '\nExample:\n  rollcall simulate --devices 1000 --faulty 11 --inventory fleet.json')
  .action(async ({ devices, faulty, faults, latency, jitter, loss, inventory }: SimulateOptions) => {
    checkFaulty(faulty, devices)
    const stopped = stopRequested()
    const fleet = await spawnFleet({
      devices,
      faulty,
      faults,
      latencyMs: latency,
      jitterMs: jitter,
      lossPercent: loss,
    })
    try {
      if (inventory !== undefined) await writeInventory(inventory, fleet.inventory)
      const [first] = fleet.inventory
      const { username, password } = fleet.credential
      print(`${devices} devices, the first at ${first?.address}:${first?.port}.`)
      print(`They accept the user "${username}" with the password "${password}".`)
      if (inventory !== undefined) print(`Their inventory is in ${inventory}.`)
      tell('Ctrl-C stops them.')
      await stopped
    } finally {
      await fleet.close()
    }
  })

function faultNames(text: string): readonly FaultName[] {
  if (text === 'all') return FAULT_NAMES
  return text.split(',').map((name) => {
    const fault = FAULT_NAMES.find((known) => known === name)
    if (fault === undefined) {
      throw new InvalidArgumentError(`There is no fault "${name}"; the names are ${FAULT_NAMES.join(', ')}.`)
    }
    return fault
  })
}
