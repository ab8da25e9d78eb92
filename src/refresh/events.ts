import type { SyncPlanRow } from '../store/inventory/sync-plan-store.ts'
import type { RefreshRow } from '../store/refresh-store.ts'

/** A change that was committed to the store before it is announced. */
export type RefreshEvent =
  /** `isLast`: nothing more is announced of the refresh, because it ended or this process stops. */
  | { kind: 'state'; refresh: RefreshRow; isLast: boolean }
  | { kind: 'results'; refreshId: number; lastSeq: number }
  /** Devices whose records or last probes have changed. */
  | { kind: 'devices'; deviceIds: readonly number[] }
  /** A sync plan that awaits approval. */
  | { kind: 'plan'; plan: SyncPlanRow }
  /** A credential that devices have just rejected. It is stored with the next results. */
  | { kind: 'suspended'; credential: string; rejections: number }

/** Announces what has been committed. Listeners are called synchronously and must not throw. */
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
