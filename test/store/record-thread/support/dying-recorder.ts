import { parentPort } from 'node:worker_threads'
import { READY } from '../../../../src/store/record-thread/recorder-messages.ts'

// A recorder that dies of its first batch.

parentPort?.on('message', () => process.exit(7))
parentPort?.postMessage(READY)
