import type { Worker } from 'node:worker_threads'
import { onTestFinished } from 'vitest'

/** The threads that are started in this test after this call. */
export function startedThreads(): { hasEnded: Promise<unknown> }[] {
  const started: { hasEnded: Promise<unknown> }[] = []
  const onWorker = (worker: Worker) =>
    started.push({ hasEnded: new Promise((end) => worker.once('exit', end)) })
  process.on('worker', onWorker)
  onTestFinished(() => void process.off('worker', onWorker))
  return started
}
