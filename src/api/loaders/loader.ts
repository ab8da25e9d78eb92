import type { MaybePromise } from '@pothos/core'
import DataLoader from 'dataloader'

/**
 * Loads a value for each id. Ids that are requested at the same time are looked up together. A known value is
 * returned without a promise, because one query may request the same site for each of 14,000 devices.
 */
export class Loader<V> {
  readonly #lookUp: (ids: readonly number[]) => Promise<readonly V[]>
  // Both are made when they are first needed. An operation has a loader for each edge, and uses few of them.
  #lookUps: DataLoader<number, V> | undefined
  #known: Map<number, V> | undefined

  /**
   * @param lookUp resolves with one value for each id, in their order. If it rejects, so do all these loads.
   */
  constructor(lookUp: (ids: readonly number[]) => Promise<readonly V[]>) {
    this.#lookUp = async (ids) => {
      const values = await lookUp(ids)
      for (const [index, id] of ids.entries()) this.learn(id, values[index] as V)
      return values
    }
  }

  load(id: number): MaybePromise<V> {
    const known = this.#known?.get(id)
    if (known !== undefined) return known
    this.#lookUps ??= new DataLoader(this.#lookUp)
    return this.#lookUps.load(id)
  }

  /**
   * Looks up the ids that are not known yet, so that `load` returns their values without a promise. Resolves
   * with the values of all, in the order of the ids.
   */
  async loadAhead(ids: readonly number[]): Promise<V[]> {
    const missing = new Set(ids.filter((id) => !this.#known?.has(id)))
    if (missing.size > 0) await this.#lookUp([...missing])
    return ids.map((id) => this.#known?.get(id) as V)
  }

  /** Keeps a value that was read elsewhere, so that it need not be looked up. */
  learn(id: number, value: V): void {
    this.#known ??= new Map()
    this.#known.set(id, value)
  }

  clearAll(): void {
    this.#known = undefined
    this.#lookUps = undefined
  }
}

/** Loads rows by id; null for an id without a row. */
export class RowLoader<R> extends Loader<R | null> {
  readonly #idOf: (row: R) => number
  /** Rows that are indexed only when a row is requested, since often none is. */
  readonly #learned: (readonly R[])[] = []

  constructor(idOf: (row: R) => number, fetch: (ids: readonly number[]) => Promise<readonly R[]>) {
    super(async (ids) => {
      const rows = new Map((await fetch(ids)).map((row) => [idOf(row), row]))
      return ids.map((id) => rows.get(id) ?? null)
    })
    this.#idOf = idOf
  }

  override load(id: number): MaybePromise<R | null> {
    this.#indexLearned()
    return super.load(id)
  }

  override async loadAhead(ids: readonly number[]): Promise<(R | null)[]> {
    this.#indexLearned()
    return await super.loadAhead(ids)
  }

  /** Keeps rows that were read elsewhere, and returns them. */
  learnRows(rows: readonly R[]): readonly R[] {
    this.#learned.push(rows)
    return rows
  }

  override clearAll(): void {
    this.#learned.length = 0
    super.clearAll()
  }

  #indexLearned(): void {
    for (let rows = this.#learned.pop(); rows; rows = this.#learned.pop()) {
      for (const row of rows) this.learn(this.#idOf(row), row)
    }
  }
}

/** The loaders of one edge. Parents with equal filters or pages share a loader. */
export class LoaderSet<Q, V> {
  readonly #create: (question: Q) => Loader<V>
  #byText: Map<string, Loader<V>> | undefined
  /** A filter in a variable is the same object for all parents, which saves stringifying it for each. */
  #byObject: Map<object, Loader<V>> | undefined

  constructor(create: (question: Q) => Loader<V>) {
    this.#create = create
  }

  for(question: Q): Loader<V> {
    if (typeof question !== 'object' || question === null) return this.#forText('null', question)
    this.#byObject ??= new Map()
    let loader = this.#byObject.get(question)
    if (!loader) {
      loader = this.#forText(JSON.stringify(question), question)
      this.#byObject.set(question, loader)
    }
    return loader
  }

  clearAll(): void {
    for (const loader of this.#byText?.values() ?? []) loader.clearAll()
  }

  #forText(text: string, question: Q): Loader<V> {
    this.#byText ??= new Map()
    let loader = this.#byText.get(text)
    if (!loader) {
      loader = this.#create(question)
      this.#byText.set(text, loader)
    }
    return loader
  }
}

/** Loads a value that is the same for all parents. */
export class SingleLoader<V> {
  readonly #fetch: () => Promise<V>
  #value: Promise<V> | undefined

  constructor(fetch: () => Promise<V>) {
    this.#fetch = fetch
  }

  load(): Promise<V> {
    this.#value ??= this.#fetch()
    return this.#value
  }

  clearAll(): void {
    this.#value = undefined
  }
}

/** Loads a value for each id, with a default for ids that have none. */
export function found<V>(
  fetch: (ids: readonly number[]) => Promise<ReadonlyMap<number, V>>,
  otherwise: () => V,
): Loader<V> {
  return new Loader(async (ids) => {
    const values = await fetch(ids)
    return ids.map((id) => values.get(id) ?? otherwise())
  })
}

/** Loads the children of parents. They are read together and grouped by parent. */
export function children<R>(
  fetch: (parentIds: readonly number[]) => Promise<readonly R[]>,
  parentOf: (row: R) => number,
): Loader<readonly R[]> {
  return found(
    async (ids) => Map.groupBy(await fetch(ids), parentOf),
    () => [],
  )
}

/** Returns a row that must exist because of a foreign key. */
export function expectRow<T>(row: T | null): T {
  if (row === null) throw new Error('A row that another one refers to is not there.')
  return row
}
