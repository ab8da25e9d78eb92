import { type ChildProcess, fork } from 'node:child_process'
import { RollcallError } from '../base/errors.ts'
import type { Fleet, FleetOptions } from './fleet.ts'
import type { FleetAnswer } from './fleet-answer.ts'

/** A fleet in a process of its own, which ends with its owner, however that ends. */
export interface FleetProcess extends Fleet {
  readonly pid: number
}

/**
 * Starts a fleet in a process of its own, so that what the devices cost does not count as the gateway's.
 *
 * @param signal ends the start; once the fleet is up it has no meaning any more.
 * @throws RollcallError ADDRESS_IN_USE or SIMULATOR_FAILED where the fleet cannot start.
 */
export async function spawnFleet(options: FleetOptions, signal?: AbortSignal): Promise<FleetProcess> {
  signal?.throwIfAborted()
  const child = fork(new URL('./fleet-process.ts', import.meta.url), {
    // Node 22 warns of type stripping; and what the owner was started with (a debugger, a test runner's hooks)
    // is not meant for its devices.
    execArgv: ['--disable-warning=ExperimentalWarning'],
    serialization: 'advanced',
    // What the owner prints on stdout is for whoever reads it there.
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = exitOf(child)
  const close = async (): Promise<void> => {
    // It holds nothing worth saving, and not even a device that spins must keep it from ending.
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

/** Resolves when the process is gone, also where it never came to be. */
function exitOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.on('error', () => {
      // Only what was never started has no 'exit' to come.
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
  // The other end of this channel is fleet-process.ts alone.
  child.once('message', (answer) => resolve(answer as FleetAnswer))
  child.send(options)
  return promise.finally(() => signal?.removeEventListener('abort', onAbort))
}
