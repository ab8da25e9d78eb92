import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { ApiContext } from '../context.ts'
import { SharedResult } from '../execution/shared-result.ts'
import { OperationSharing } from './operation-sharing.ts'

/** The size of all texts that are kept, in UTF-16 code units. */
const MAX_KEPT = 16 * 1024 * 1024
const MAX_KEPT_EACH = MAX_KEPT / 4
/** The size of the keys of operations that were executed once, in the same unit. */
const MAX_KEYS = 1024 * 1024

type Execute = (args: ExecutionArgs) => Promise<ExecutionResult>

/** An answer, and the version of the database that it was read from. */
interface Versioned<T> {
  version: string
  answer: T
}

/**
 * Executes equal queries that arrive together once, and keeps the text of a query that arrives a third time until the
 * database changes. A hundred people who look at the same page then cost little more than one. A query that reads
 * request-time state, or whose answer has errors, is executed for each caller.
 */
export class SharedAnswers {
  readonly #execute: Execute
  readonly #sharing = new OperationSharing()
  readonly #kept = new LRUCache<string, Versioned<SharedResult>>({
    maxSize: MAX_KEPT,
    maxEntrySize: MAX_KEPT_EACH,
    sizeCalculation: ({ answer }, key) => answer.text.length + key.length,
  })
  /** The version at which an operation was last executed, by its key. Most never come again, so their texts are not kept. */
  readonly #executed = new LRUCache<string, string>({
    maxSize: MAX_KEYS,
    sizeCalculation: (_version, key) => key.length,
  })
  readonly #underWay = new Map<string, Versioned<Promise<ExecutionResult>>>()

  constructor(execute: Execute) {
    this.#execute = execute
  }

  async execute(args: ExecutionArgs): Promise<ExecutionResult> {
    if (!this.#sharing.isShareable(args)) return await this.#execute(args)
    const key = this.#sharing.keyOf(args)
    const version = versionFor(args)
    if (version === null) return await this.#execute(args)
    const kept = this.#kept.get(key)
    if (kept?.version === version) return kept.answer
    const underWay = this.#underWay.get(key)
    if (underWay?.version === version) {
      // If it was given up together with the first caller, each of the others executes it alone.
      const answer = await underWay.answer.catch(() => undefined)
      return answer instanceof SharedResult ? answer : await this.#execute(args)
    }
    const answer = this.#executeShared(args, key, version)
    this.#underWay.set(key, { version, answer })
    try {
      return await answer
    } finally {
      if (this.#underWay.get(key)?.answer === answer) this.#underWay.delete(key)
    }
  }

  async #executeShared(args: ExecutionArgs, key: string, version: string): Promise<ExecutionResult> {
    const result = await this.#execute(args)
    if (result.errors) return result
    const answer = result instanceof SharedResult ? result : new SharedResult(result)
    const again = this.#executed.get(key) === version
    this.#executed.set(key, version)
    // If the database was written meanwhile, the answer may mix both versions.
    if (again && versionFor(args) === version) this.#kept.set(key, { version, answer })
    return answer
  }
}

/** Null if the database does not answer. The resolvers that read it report that. */
function versionFor({ contextValue }: ExecutionArgs): string | null {
  try {
    return (contextValue as ApiContext).services.store.version
  } catch {
    return null
  }
}
