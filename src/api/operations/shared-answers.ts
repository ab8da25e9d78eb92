import type { MaybePromise } from '@pothos/core'
import type { ExecutionArgs, ExecutionResult } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { ApiContext } from '../context.ts'
import { SharedResult } from '../execution/shared-result.ts'
import { EqualQueries, type SharedPlace } from './equal-queries.ts'
import { OperationSharing } from './operation-sharing.ts'
import type { SharingContext } from './query-execution.ts'

/** The size of all answers that are kept, in UTF-16 code units; in bytes for large ones. */
const MAX_KEPT = 16 * 1024 * 1024
const MAX_KEPT_EACH = MAX_KEPT / 4
/** The size of the keys of operations that were executed once, in the same unit. */
const MAX_KEYS = 1024 * 1024

/** @param place undefined if the query shares its answer with no other */
type Execute = (args: ExecutionArgs, place?: SharedPlace) => Promise<ExecutionResult>

/** A value, and the version of the database that it belongs to. */
interface Versioned<T> {
  version: string
  value: T
}

/**
 * Executes equal queries that arrive together once, and keeps the text of a query that arrives a third time
 * until the database changes. A hundred people who look at the same page then cost little more than one. A
 * query that reads request-time state, or whose answer has errors, is executed for each caller.
 */
export class SharedAnswers {
  readonly #execute: Execute
  readonly #sharing = new OperationSharing()
  readonly #kept = new LRUCache<string, Versioned<SharedResult>>({
    maxSize: MAX_KEPT,
    maxEntrySize: MAX_KEPT_EACH,
    sizeCalculation: ({ value }, key) => value.json.length + key.length,
  })
  /**
   * The version at which an operation was last executed, by its key. Most never come again, so their texts
   * are not kept.
   */
  readonly #executed = new LRUCache<string, string>({
    maxSize: MAX_KEYS,
    sizeCalculation: (_version, key) => key.length,
  })
  readonly #underWay = new Map<string, Versioned<EqualQueries>>()

  constructor(execute: Execute) {
    this.#execute = execute
  }

  /** Returns a kept answer at once. */
  execute(args: ExecutionArgs): MaybePromise<ExecutionResult> {
    if (!this.#sharing.isShareable(args)) return this.#execute(args)
    const key = this.#sharing.keyOf(args)
    const version = versionFor(args)
    if (version === null) return this.#execute(args)
    const kept = this.#kept.get(key)
    return kept?.version === version ? kept.value : this.#executeTogether(args, { key, version })
  }

  async #executeTogether(
    args: ExecutionArgs,
    { key, version }: { key: string; version: string },
  ): Promise<ExecutionResult> {
    const equal = this.#equalQueries(key, version)
    try {
      const { caller } = args.contextValue as SharingContext
      return await equal.execute(caller, (place) => this.#executeShared(args, { key, version, place }))
    } finally {
      if (equal.isOver && this.#underWay.get(key)?.value === equal) this.#underWay.delete(key)
    }
  }

  #equalQueries(key: string, version: string): EqualQueries {
    const underWay = this.#underWay.get(key)
    if (underWay?.version === version) return underWay.value
    const value = new EqualQueries()
    this.#underWay.set(key, { version, value })
    return value
  }

  async #executeShared(
    args: ExecutionArgs,
    { key, version, place }: { key: string; version: string; place: SharedPlace },
  ): Promise<ExecutionResult> {
    const value = await this.#execute(args, place)
    if (!(value instanceof SharedResult)) return value
    const again = this.#executed.get(key) === version
    this.#executed.set(key, version)
    // If the database was written meanwhile, the answer may mix both versions.
    if (again && versionFor(args) === version) this.#kept.set(key, { version, value })
    return value
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
