import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { ApiContext } from '../context.ts'
import { SharedResult } from '../execution/shared-result.ts'
import { isQuery } from '../limits/operation-limits.ts'
import { OperationNames } from './operation-names.ts'

/** Of all texts that are kept, in UTF-16 code units. */
const MAX_KEPT = 16 * 1024 * 1024
const MAX_KEPT_EACH = MAX_KEPT / 4
/** Of all names of what was executed once, likewise. */
const MAX_NAMES = 1024 * 1024

type Execute = (args: ExecutionArgs) => Promise<ExecutionResult>

/** An answer that is as the database was in one version of it. */
interface Versioned<T> {
  version: string
  answer: T
}

/**
 * Answers equal queries at once, and those that come a third time while the database has not changed, with one execution and one
 * text: a hundred who look at the same page cost little more than one. What says how things are at this very moment, or has errors, is
 * executed for each.
 */
export class SharedAnswers {
  readonly #execute: Execute
  readonly #names = new OperationNames()
  readonly #kept = new LRUCache<string, Versioned<SharedResult>>({
    maxSize: MAX_KEPT,
    maxEntrySize: MAX_KEPT_EACH,
    sizeCalculation: ({ answer }, name) => answer.text.length + name.length,
  })
  /** What was executed once, by name, with the version: mostly it does not come again, and to keep it would be in vain. */
  readonly #executed = new LRUCache<string, string>({
    maxSize: MAX_NAMES,
    sizeCalculation: (_version, name) => name.length,
  })
  readonly #underWay = new Map<string, Versioned<Promise<ExecutionResult>>>()

  constructor(execute: Execute) {
    this.#execute = execute
  }

  async execute(args: ExecutionArgs): Promise<ExecutionResult> {
    if (!isQuery(args)) return await this.#execute(args)
    const name = this.#names.nameOf(args)
    const version = versionFor(args)
    if (version === null) return await this.#execute(args)
    const kept = this.#kept.get(name)
    if (kept?.version === version) return kept.answer
    const underWay = this.#underWay.get(name)
    if (underWay?.version === version) {
      // Where it was given up with the one who asked first, those who joined are on their own.
      const answer = await underWay.answer.catch(() => undefined)
      return answer instanceof SharedResult ? answer : await this.#execute(args)
    }
    const answer = this.#executeShared(args, name, version)
    this.#underWay.set(name, { version, answer })
    try {
      return await answer
    } finally {
      if (this.#underWay.get(name)?.answer === answer) this.#underWay.delete(name)
    }
  }

  async #executeShared(args: ExecutionArgs, name: string, version: string): Promise<ExecutionResult> {
    const result = await this.#execute(args)
    if (result.errors || (args.contextValue as ApiContext).moment.isToldOf) return result
    const answer = result instanceof SharedResult ? result : new SharedResult(result)
    const again = this.#executed.get(name) === version
    this.#executed.set(name, version)
    // One that was written meanwhile may be half of before and half of after.
    if (again && versionFor(args) === version) this.#kept.set(name, { version, answer })
    return answer
  }
}

/** Null where the database does not answer, of which those resolvers tell that read it. */
function versionFor({ contextValue }: ExecutionArgs): string | null {
  try {
    return (contextValue as ApiContext).services.store.version
  } catch {
    return null
  }
}
