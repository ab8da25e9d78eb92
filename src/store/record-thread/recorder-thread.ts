import { parentPort, workerData } from 'node:worker_threads'
import { toPlainFailure } from '../../base/plain-failure.ts'
import { ProbeWriter } from '../results/probe-writer.ts'
import { openSqliteWriter } from '../sqlite/open.ts'
import {
  END,
  READY,
  type RecorderAnswer,
  type RecorderBatch,
  type RecorderData,
} from './recorder-messages.ts'

// The main file of the thread that `ThreadedRecorder` starts. It commits one batch at a time.

if (parentPort === null) throw new Error('This file is for a worker thread.')
const port = parentPort
// Only threaded-recorder.ts starts this thread.
const { path, deletedSets } = workerData as RecorderData
let database: Awaited<ReturnType<typeof openSqliteWriter>> | undefined
let writer: { current: ProbeWriter; deletedSets: number } | undefined

port.on('message', async (batch: RecorderBatch | typeof END) => {
  if (batch === END) {
    await database?.close()
    port.close()
    return
  }
  port.postMessage(await record(batch))
})
port.postMessage(READY)

async function record({ results, hostKeys }: RecorderBatch): Promise<RecorderAnswer> {
  const damage = () => database?.health.problem()?.message ?? null
  try {
    database ??= await openSqliteWriter(path)
    const lastSeqs = await writerTo(database).commit(results, hostKeys)
    return { lastSeqs, failure: undefined, damage: damage() }
  } catch (thrown) {
    return { lastSeqs: undefined, failure: toPlainFailure(thrown), damage: damage() }
  }
}

/** Returns a writer that remembers no row of a capability set which was deleted. */
function writerTo({ db }: NonNullable<typeof database>): ProbeWriter {
  const deleted = Atomics.load(deletedSets, 0)
  if (writer?.deletedSets !== deleted) writer = { current: new ProbeWriter(db), deletedSets: deleted }
  return writer.current
}
