import { type ChildProcess, fork } from 'node:child_process'
import { type ErrorCode, RollcallError } from '../base/errors.ts'
import { moduleUrl } from '../base/module-url.ts'
import type { Fleet, FleetOptions } from './fleet.ts'

/** A fleet in a process of its own. The process ends when its owner does, however that happens. */
export interface FleetProcess extends Fleet {
  readonly pid: number
}

/**
 * Starts a fleet in a process of its own, so that the gateway's use of CPU and memory does not include that
 * of the devices.
 *
 * @param signal aborts the start; it has no effect after that
 * @throws RollcallError ADDRESS_IN_USE or SIMULATOR_FAILED if the fleet cannot start
 */
export async function spawnFleet(options: FleetOptions, signal?: AbortSignal): Promise<FleetProcess> {
  signal?.throwIfAborted()
  const child = fork(moduleUrl('./fleet-process.ts', import.meta.url), {
    // Node 22 warns about type stripping. Garbage is collected seldom and on one thread, so that the devices
    // take little CPU from the gateway. The flags of the owner (a debugger, the hooks of a test runner) are
    // not meant for its devices.
    execArgv: ['--disable-warning=ExperimentalWarning', '--single-threaded-gc', '--max-semi-space-size=64'],
    serialization: 'advanced',
    // The owner's stdout must have only what the owner prints.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = exitOf(child)
  const close = async (): Promise<void> => {
    // There is nothing to save, and a device in a busy loop must not keep the process from ending.
    child.kill('SIGKILL')
    await exited
  }
  try {
    const answer = await answerOf(child, options, signal)
    if ('code' in answer) throw new RollcallError(answer.code, answer.message)
    if (child.pid === undefined) throw new Error('A process that has answered has no id.')
    return { ...answer, pid: child.pid, close }
  } catch (failure) {
    await close()
    throw failure
  }
}

/** Resolves when the process has ended, or at once if it could not be started. */
function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.on('error', () => {
      // A process that was never started emits no 'exit'.
      if (child.pid === undefined) resolve()
    })
  })
}

function answerOf(
  child: ChildProcess,
  options: FleetOptions,
  signal: AbortSignal | undefined,
): Promise<FleetAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<FleetAnswer>()
  const failed = (how: string): void =>
    reject(new RollcallError('SIMULATOR_FAILED', `The simulator's process ${how}: ask for fewer devices.`))
  const onAbort = (): void => reject(signal?.reason)
  signal?.addEventListener('abort', onAbort)
  child.once('error', (error) => failed(`could not be started (${error.message})`))
  child.once('exit', (code, killedBy) => failed(`ended too early (${killedBy ?? `exit code ${code}`})`))
  // Only fleet-process.ts is at the other end of this channel.
  child.once('message', (answer) => resolve(answer as FleetAnswer))
  child.send(options)
  return promise.finally(() => signal?.removeEventListener('abort', onAbort))
}

/** The message of the fleet's process to its owner: that it listens, or why it cannot. */
export type FleetAnswer = Pick<Fleet, 'inventory' | 'credential'> | { code: ErrorCode; message: string }
