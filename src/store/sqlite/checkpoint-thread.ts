import { parentPort, workerData } from 'node:worker_threads'
import { RollcallError } from '../../base/errors.ts'
import { openCheckpointer } from './sqlite.ts'
import { isDamage } from './sqlite-failure.ts'

// The main file of the thread that `Checkpoints` starts.

export type CheckpointOrder = 'run' | 'check' | 'close'

/** The answer to one order: `damage` is a sentence, or null if none was found. */
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
    // A temporary failure, such as a full disk: the next write has it too and reports it.
    if (failure instanceof RollcallError) return null
    throw failure
  }
}
