import { Command } from 'commander'
import { spawnFleet } from '../simulator/spawn-fleet.ts'
import { checkFaulty, MAX_DEVICES, wholeNumber } from './options.ts'
import { print, tell } from './output.ts'
import { stopRequested } from './signals.ts'
import { writeInventory } from './write-inventory.ts'

interface SimulateOptions {
  devices: number
  faulty: number
  latency: number
  inventory?: string
}

export const simulate = new Command('simulate')
  .description('A fleet of simulated NETCONF devices on loopback addresses, until Ctrl-C.')
  .option('--devices <n>', 'how many devices', wholeNumber(1, MAX_DEVICES), 100)
  .option(
    '--faulty <n>',
    'how many of them stall in the middle of their hello',
    wholeNumber(0, MAX_DEVICES),
    0,
  )
  .option('--latency <ms>', 'how late what a device is sent reaches it', wholeNumber(0, 60_000), 0)
  .option('--inventory <file>', 'write an inventory (JSON) that points at the fleet')
  .addHelpText('after', '\nExample:\n  rollcall simulate --devices 1000 --faulty 11 --inventory fleet.json')
  .action(async ({ devices, faulty, latency, inventory }: SimulateOptions) => {
    checkFaulty(faulty, devices)
    const stopped = stopRequested()
    const fleet = await spawnFleet({ devices, faulty, latencyMs: latency })
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
