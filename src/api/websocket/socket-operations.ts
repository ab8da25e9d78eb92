import { type Message, MessageType, parseMessage } from 'graphql-ws'

interface Operation {
  /** Aborts when its client has ended it, or is gone. */
  readonly ending: AbortController
  /** Resolves when the operation is over. */
  over: Promise<void>
  /** Whether it has results that its client can end. */
  isFollowed: boolean
  /** Begins the operation that waits for the id. */
  next?: (() => Promise<void>) | undefined
}

/**
 * The operations of one WebSocket. The protocol's server frees an id as soon as the client ends the
 * operation, although that may still be starting or ending. An operation that reuses the id waits until then,
 * because the two could be confused.
 */
export class SocketOperations {
  /** By id, until the operation is over. */
  readonly #underWay = new Map<string, Operation>()

  /**
   * Handles a message. If it begins an operation, that counts as under way until it is handled. Returns
   * `taken` if its id is that of an operation which the client has not ended.
   */
  handle(message: string, handle: () => Promise<void>): Promise<void> | 'taken' {
    const read = readMessage(message)
    const id = read && 'id' in read ? read.id : undefined
    if (id === undefined) return handle()
    const operation = this.#underWay.get(id)
    if (read?.type === MessageType.Complete && operation) {
      operation.ending.abort()
      operation.next = undefined
    }
    if (read?.type !== MessageType.Subscribe) return handle()
    if (operation === undefined) return this.#begin(id, handle)
    if (operation.next !== undefined || !operation.ending.signal.aborted) return 'taken'
    const begin = () => this.#begin(id, handle)
    operation.next = begin
    return operation.over.then(() => (operation.next === begin ? begin() : undefined))
  }

  #begin(id: string, handle: () => Promise<void>): Promise<void> {
    const operation: Operation = { ending: new AbortController(), over: Promise.resolve(), isFollowed: false }
    this.#underWay.set(id, operation)
    const handled = handle().finally(() => this.#underWay.delete(id))
    operation.over = handled.catch(() => undefined)
    return handled
  }

  /** Returns the signal that aborts when nobody waits for the answer to an operation any more. */
  endOf(id: string): AbortSignal {
    return this.#underWay.get(id)?.ending.signal ?? AbortSignal.abort()
  }

  /** Call this when an operation has results that its client can end. */
  follow(id: string): void {
    const operation = this.#underWay.get(id)
    if (operation) operation.isFollowed = true
  }

  /**
   * Counts the operations, except those that their clients have ended.
   *
   * @param open the operations of the protocol's server by id
   */
  count(open: object): number {
    return [...this.#underWay].filter(([id, { isFollowed }]) => !isFollowed || id in open).length
  }

  /** Call this when the WebSocket has closed. */
  close(): void {
    for (const operation of this.#underWay.values()) {
      operation.ending.abort()
      operation.next = undefined
    }
  }
}

/** Returns undefined for anything else. The protocol's server reports what is wrong with it. */
function readMessage(text: string): Message | undefined {
  try {
    return parseMessage(text)
  } catch {
    return undefined
  }
}
