import { messageOf, RollcallError } from '../../../src/base/errors.ts'
import type { FleetOptions } from '../../../src/simulator/fleet.ts'
import { spawnFleet } from '../../../src/simulator/spawn-fleet.ts'

// Owns a fleet in a process that a test can kill: prints one line of JSON, then stays until it is ended.
const options: FleetOptions = JSON.parse(process.argv[2] ?? '')
try {
  const fleet = await spawnFleet(options)
  process.stdout.write(`${JSON.stringify({ device: fleet.inventory[0] })}\n`)
} catch (failure) {
  const code = failure instanceof RollcallError ? failure.code : null
  process.stdout.write(`${JSON.stringify({ code, message: messageOf(failure) })}\n`)
}
