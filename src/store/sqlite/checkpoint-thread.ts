import { parentPort, workerData } from 'node:worker_threads'
import { RollcallError } from '../../base/errors.ts'
import { openCheckpointer } from './sqlite.ts'
import { isDamage } from './sqlite-failure.ts'

// The main file of the thread that `Checkpoints` starts.

export type CheckpointOrder = 'run' | 'check' | 'close'

/** What came of the order before: `damage` is a sentence, null if nothing was found. */
export interface CheckpointAnswer {
  damage: string | null
}

if (parentPort === null) throw new Error('This file is the main file of a worker thread.')
const port = parentPort
const checkpointer = openCheckpointer(workerData)

port.on('message', (order: CheckpointOrder) => {
  if (order === 'close') {
    checkpointer.close()
    port.close()
    return
  }
  port.postMessage({ damage: damageFoundBy(order) } satisfies CheckpointAnswer)
})

function damageFoundBy(order: 'run' | 'check'): string | null {
  try {
    if (order === 'check') return checkpointer.findDamage()
    checkpointer.run()
    return null
  } catch (failure) {
    if (isDamage(failure)) return failure.message
    // A full disk and its like: whoever writes next meets it too, and tells.
    if (failure instanceof RollcallError) return null
    throw failure
  }
}
