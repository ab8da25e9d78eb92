import { parentPort } from 'node:worker_threads'
import { END, type ReaderAnswer, type ReaderQuery } from '../../../src/api/read-threads/reader-messages.ts'

// A reader thread that does what the query's variable `be` says, or answers that it is well.

parentPort?.on('message', (query: ReaderQuery | typeof END) => {
  if (query === END) return parentPort?.close()
  const { id, variables } = query
  if (variables?.be === 'stuck') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
  if (variables?.be === 'dead') throw new Error('The thread fell over.')
  const answer: ReaderAnswer = {
    id,
    json: new TextEncoder().encode('{"data":{"is":"well"}}'),
    errors: [],
    damage: null,
  }
  parentPort?.postMessage(answer)
})
