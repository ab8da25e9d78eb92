import { hash } from 'node:crypto'

/** Per thread. Real fleets have a few dozen lists. */
const MAX_SLOTS = 128
/** In characters. With the number of slots it bounds what hostile devices can make both sides hold: 32 MiB. */
const MAX_KEPT_LENGTH = 262_144

/**
 * A list of capabilities on its way from a thread: in full, to be kept in a slot for later, or the slot of one that
 * was sent before. `slot` null: too long to be kept.
 */
export type CapabilityListOnWire =
  | { slot: number | null; digest: string; uris: readonly string[] }
  | { slot: number }

/** The thread's side: a list is sent in full only when it is not the same as one of the last 128. */
export class CapabilityListSender {
  /** The hello cache gives the same array for the same hello: one lookup instead of a hash. */
  readonly #digests = new WeakMap<readonly string[], { digest: string; length: number }>()
  /** Slots by digest, the one used last at the end. */
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

  /** A slot that has not been used yet, or that of the list which was used longest ago. */
  #freeSlot(): number {
    const [oldest] = this.#slots
    if (this.#slots.size < MAX_SLOTS || oldest === undefined) return this.#slots.size
    this.#slots.delete(oldest[0])
    return oldest[1]
  }
}

/** The pool's side of one thread. */
export class CapabilityListReceiver {
  readonly #shared: SharedCapabilityLists
  readonly #slots: (readonly string[])[] = []

  constructor(shared: SharedCapabilityLists) {
    this.#shared = shared
  }

  /** Lists must be decoded in the order in which they were encoded: slots are used again. */
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

/** One array for equal lists, whichever thread they come from, for as long as anybody holds it. */
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
