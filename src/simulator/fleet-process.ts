import { RollcallError } from '../base/errors.ts'
import { lowerThreadPriority } from '../base/thread-priority.ts'
import { type FleetOptions, startFleet } from './fleet.ts'
import type { FleetAnswer } from './spawn-fleet.ts'

// The process that `spawnFleet` starts. It gets the options as its first message, answers once, and then
// serves.

// Real devices take no CPU from their gateway.
lowerThreadPriority()

// A terminal sends Ctrl-C to every process of the group. The owner decides when its devices stop; otherwise
// its last probes would not find them.
process.on('SIGINT', () => undefined)

// This also happens if the owner is killed with kill -9. The process exits at once, whatever a faulty device
// is doing, so that no fleet outlives its owner.
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
