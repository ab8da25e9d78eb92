import { RollcallError } from '../base/errors.ts'
import { type FleetOptions, startFleet } from './fleet.ts'
import type { FleetAnswer } from './fleet-answer.ts'

// The process that `spawnFleet` starts: gets the options as its first message, answers once, and then serves.

// A terminal sends Ctrl-C to every process of the group. The owner decides when its devices go, or its last
// probes would find them gone.
process.on('SIGINT', () => undefined)

// Also what a kill -9 of the owner comes to here. The exit is hard: whatever a faulty device is at, no fleet
// outlives its owner.
process.on('disconnect', () => process.exit(0))

process.once('message', async (options: FleetOptions) => {
  process.send?.(await answer(options))
})

async function answer(options: FleetOptions): Promise<FleetAnswer> {
  try {
    const { inventory, credential } = await startFleet(options)
    return { inventory, credential }
  } catch (failure) {
    if (failure instanceof RollcallError) return { code: failure.code, message: failure.message }
    throw failure
  }
}
