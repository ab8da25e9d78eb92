import { parentPort, workerData } from 'node:worker_threads'
import { RollcallError } from '../base/errors.ts'
import { openCheckpointer } from './sqlite.ts'

// The main file of the thread that `Checkpoints` starts.

if (parentPort === null) throw new Error('This file is the main file of a worker thread.')
const port = parentPort
const checkpointer = openCheckpointer(workerData)

port.on('message', (order: 'run' | 'close') => {
  if (order === 'close') {
    checkpointer.close()
    port.close()
    return
  }
  try {
    checkpointer.run()
  } catch (failure) {
    // A full disk and its like: whoever writes next meets it too, and tells.
    if (!(failure instanceof RollcallError)) throw failure
  }
  port.postMessage('done')
})
