import { type ErrorCode, messageOf, RollcallError } from '../../base/errors.ts'
import type { EngineCommands } from '../refreshes.ts'

export type CommandName = keyof EngineCommands

/** Every command, so that no other method can be called by its name. */
const NAMES: Readonly<Record<CommandName, true>> = {
  request: true,
  retry: true,
  cancel: true,
  syncInventory: true,
  approveSyncPlan: true,
  rejectSyncPlan: true,
  onboardDevice: true,
  updateDevice: true,
  decommissionDevice: true,
  decommissionDevices: true,
  trustHostKey: true,
  trustHostKeys: true,
  resumeCredential: true,
}

export function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(NAMES, name)
}

/** What became of a command, as JSON in the database. */
type Answer =
  | { result: unknown }
  /** A RollcallError. */
  | { error: { code: ErrorCode; message: string; publicMessage: string } }
  /** The message of anything else that was thrown. */
  | { bug: string }

/** Returns the answer with the result of a command, or with its failure. */
export async function answerOf(result: Promise<unknown>): Promise<string> {
  return JSON.stringify(
    await result.then(
      (value): Answer => ({ result: value ?? null }),
      (failure: unknown): Answer => {
        if (!(failure instanceof RollcallError)) return { bug: messageOf(failure) }
        const { code, message, publicMessage } = failure
        return { error: { code, message, publicMessage } }
      },
    ),
  )
}

/** Returns the result, or throws what the command threw. */
export function resultOf(text: string): unknown {
  const answer: Answer = JSON.parse(text)
  if ('result' in answer) return answer.result
  if ('bug' in answer) throw new Error(`The engine failed: ${answer.bug}`)
  const { code, message, publicMessage } = answer.error
  throw new RollcallError(code, message, { publicMessage })
}
