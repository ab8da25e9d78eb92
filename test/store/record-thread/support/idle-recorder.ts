import { parentPort, workerData } from 'node:worker_threads'
import {
  END,
  READY,
  type RecorderAnswer,
  type RecorderData,
} from '../../../../src/store/record-thread/recorder-messages.ts'

// A recorder that writes nothing, and counts as a deleted set each batch that it gets.

const { deletedSets } = workerData as RecorderData
parentPort?.on('message', (message) => {
  if (message === END) return parentPort?.close()
  const seq = Atomics.add(deletedSets, 0, 1) + 1
  const answer: RecorderAnswer = { lastSeqs: new Map([[1, seq]]), failure: undefined, damage: null }
  parentPort?.postMessage(answer)
})
parentPort?.postMessage(READY)
