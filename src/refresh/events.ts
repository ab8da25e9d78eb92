import type { RefreshRow } from '../store/refresh-store.ts'

/** Something that is in the store by the time it is announced. */
export type RefreshEvent =
  | { kind: 'state'; refresh: RefreshRow }
  | { kind: 'results'; refreshId: number; lastSeq: number }
  /** Devices whose records or last probes have changed. */
  | { kind: 'devices'; deviceIds: readonly number[] }

/** Tells whoever listens what has been committed. A listener is called synchronously and must not throw. */
export class RefreshEvents {
  readonly #listeners = new Set<(event: RefreshEvent) => void>()

  /** Returns the function that ends the subscription. */
  listen(listener: (event: RefreshEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  announce(event: RefreshEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
