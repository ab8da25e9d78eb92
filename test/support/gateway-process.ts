import { silentLogger } from '../../src/base/log.ts'
import { startGateway } from '../../src/gateway.ts'
import { EVERYTHING } from '../../src/refresh/scope.ts'

// A gateway that does one refresh, is used once and closes, in a process that ends only if nothing is left of it.
const gateway = await startGateway({ config: JSON.parse(process.argv[2] ?? ''), log: silentLogger })
const { refresh } = await gateway.refreshes.request({
  trigger: 'CLI',
  requestedBy: null,
  scope: EVERYTHING,
  sync: true,
  force: true,
})
const { state, outcomeCounts } = await gateway.refreshes.ended(refresh)
const health = await fetch(`${gateway.url}/healthz`)
await gateway.close()
process.stdout.write(JSON.stringify({ state, outcomeCounts, health: await health.text() }))
