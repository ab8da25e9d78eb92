import { once } from 'node:events'
import { silentLogger } from '../../../src/base/log.ts'
import { skippedReport } from '../../../src/refresh/pool/unprobed-reports.ts'
import { Prober } from '../../../src/refresh/remote/prober.ts'
import { TaskQueue } from '../../../src/refresh/remote/task-queue.ts'
import { openQueueDatabase } from '../../../src/store/queue-database.ts'

// A prober whose devices answer at once, so that only the queue is measured. It ends with its stdin.

const [url = '', region = '', concurrency = ''] = process.argv.slice(2)
const capabilities = Array.from(
  { length: 60 },
  (_, index) => `urn:example:params:xml:ns:yang:module-${index}`,
)
const database = await openQueueDatabase({ database: url })
const queue = await TaskQueue.openForProber(database, { regions: [region], log: silentLogger })
if (queue === null) throw new Error('No engine has prepared the queue.')
const prober = new Prober({
  queue,
  regions: [region],
  concurrency: Number(concurrency),
  credentials: [{ name: 'bench', username: 'bench' }],
  probe: async () => ({
    ...skippedReport('', Date.now()),
    outcome: 'SUPPORTED',
    phase: 'CLOSE',
    message: null,
    capabilities,
  }),
  name: `prober:${process.pid}`,
  log: silentLogger,
})
process.stdout.write('ready\n')
process.stdin.resume()
await once(process.stdin, 'end')
await prober.close()
await database.close()
