import { hash } from 'node:crypto'
import type { ProbeReport, ProbeTask } from '../../netconf/report/probe-report.ts'

// The messages between the pool and its threads. They are encoded by structured clone alone: on the API's
// thread, a task with its credential costs some 2 µs and a report 5 µs.

/** The data that a thread starts with. */
export interface ThreadData {
  /**
   * Two numbers in shared memory. The thread counts the first up, so that a busy thread differs from a
   * stalled one. The second is how many milliseconds its timers are late.
   */
  beats: Int32Array
  beatMs: number
}

/** To a thread: the orders of one turn of the event loop. A cancelled probe is answered, too. */
export interface ProbeOrders {
  start: { id: number; task: ProbeTask }[]
  cancel: number[]
}

/**
 * From a thread: the report of one probe, that its connection is closed, or both. `bug` is the stack of an
 * exception.
 */
export type ProbeAnswer =
  | {
      id: number
      report: ProbeReport & { capabilities: null }
      list: CapabilityListOnWire | null
      isClosed: boolean
    }
  | { id: number; isClosed: true }
  | { id: number; bug: string }

/** The slots of each thread. Real fleets have a few dozen lists. */
const MAX_SLOTS = 128
/**
 * In characters. With the number of slots, it limits the memory that hostile devices can occupy on both sides
 * to 32 MiB.
 */
const MAX_KEPT_LENGTH = 262_144

/**
 * A list of capabilities in a message from a thread: either in full, to be stored in a slot, or the slot of a
 * list that was sent before. A list with the slot null is too long to be stored.
 */
export type CapabilityListOnWire =
  | { slot: number | null; digest: string; uris: readonly string[] }
  | { slot: number }

/** The side of the thread: it sends a list in full only if it differs from the last 128 lists. */
export class CapabilityListSender {
  /**
   * The hello cache returns the same array for the same hello, so most lists need a look-up instead of a
   * hash.
   */
  readonly #digests = new WeakMap<readonly string[], { digest: string; length: number }>()
  /** Slots by digest, the most recently used last. */
  readonly #slots = new Map<string, number>()

  encode(uris: readonly string[]): CapabilityListOnWire {
    let known = this.#digests.get(uris)
    if (known === undefined) {
      const text = uris.join('\n')
      known = { digest: hash('sha256', text), length: text.length }
      this.#digests.set(uris, known)
    }
    const { digest, length } = known
    if (length > MAX_KEPT_LENGTH) return { slot: null, digest, uris }
    const sentIn = this.#slots.get(digest)
    const slot = sentIn ?? this.#freeSlot()
    this.#slots.delete(digest)
    this.#slots.set(digest, slot)
    return sentIn === undefined ? { slot, digest, uris } : { slot }
  }

  /** Returns an unused slot, or that of the least recently used list. */
  #freeSlot(): number {
    const [oldest] = this.#slots
    if (this.#slots.size < MAX_SLOTS || oldest === undefined) return this.#slots.size
    this.#slots.delete(oldest[0])
    return oldest[1]
  }
}

/** The side of the pool, for one thread. */
export class CapabilityListReceiver {
  readonly #shared: SharedCapabilityLists
  readonly #slots: (readonly string[])[] = []

  constructor(shared: SharedCapabilityLists) {
    this.#shared = shared
  }

  /**
   * Decodes a list. Lists must be decoded in the order in which they were encoded, since slots are reused.
   */
  decode(wire: CapabilityListOnWire): readonly string[] {
    if ('uris' in wire) {
      const list = this.#shared.get(wire.digest, wire.uris)
      if (wire.slot !== null) this.#slots[wire.slot] = list
      return list
    }
    const list = this.#slots[wire.slot]
    if (list === undefined) throw new Error(`No list of capabilities has been sent for slot ${wire.slot}.`)
    return list
  }
}

/** Shares one array for equal lists from all threads, for as long as something refers to it. */
export class SharedCapabilityLists {
  readonly #lists = new Map<string, WeakRef<readonly string[]>>()
  readonly #collected = new FinalizationRegistry<string>((digest) => {
    if (this.#lists.get(digest)?.deref() === undefined) this.#lists.delete(digest)
  })

  get(digest: string, uris: readonly string[]): readonly string[] {
    const known = this.#lists.get(digest)?.deref()
    if (known !== undefined) return known
    const list = Object.freeze(uris)
    this.#lists.set(digest, new WeakRef(list))
    this.#collected.register(list, digest)
    return list
  }
}
