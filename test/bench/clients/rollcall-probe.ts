import { silentLogger } from '../../../src/base/log.ts'
import { ProbePool } from '../../../src/refresh/pool/probe-pool.ts'
import { probeTask } from '../../support/probe-task.ts'
import { runNodeClient } from '../support/node-client.ts'

const { signal } = new AbortController()

await runNodeClient(async ({ devices, credential, timeoutMs, readFacts, workers }) => {
  const tasks = devices.map((device) => probeTask({ ...device, credential, timeoutMs, readFacts }))
  const pool = new ProbePool({ workers, log: silentLogger })
  const probe = async (index: number): Promise<string> => {
    const task = tasks[index]
    if (task === undefined) throw new Error(`There is no device ${index}.`)
    return (await pool.probe(task, signal)).outcome
  }
  // One for each thread, which is loaded with its first probe.
  await Promise.all(Array.from({ length: workers }, () => probe(0)))
  return { probe, close: () => pool.close() }
})
