import { setMaxListeners } from 'node:events'
import { MessageType, parseMessage } from 'graphql-ws'

/**
 * The operations of one WebSocket. The protocol's server frees an id as soon as the client ends the
 * operation, although that may still be starting or ending. If the id were reused meanwhile, the two could be
 * confused.
 */
export class SocketOperations {
  /** Whether the client can end an operation by now, by its id, until the operation is over. */
  readonly #underWay = new Map<string, boolean>()
  readonly #closing = new AbortController()

  constructor() {
    // Every query adds a listener.
    setMaxListeners(0, this.#closing.signal)
  }

  /** Aborts when the WebSocket has closed, and nobody waits for answers any more. */
  get closed(): AbortSignal {
    return this.#closing.signal
  }

  /**
   * Handles a message. If it begins an operation, that counts as under way until it is handled. Returns
   * `taken` if its id is in use.
   */
  handle(message: string, handle: () => Promise<void>): Promise<void> | 'taken' {
    const id = idOfSubscribe(message)
    if (id === undefined) return handle()
    if (this.#underWay.has(id)) return 'taken'
    this.#underWay.set(id, false)
    return handle().finally(() => this.#underWay.delete(id))
  }

  /** Call this when an operation has results that its client can end. */
  follow(id: string): void {
    this.#underWay.set(id, true)
  }

  /**
   * Counts the operations, except those that their clients have ended.
   *
   * @param open the operations of the protocol's server by id
   */
  count(open: object): number {
    return [...this.#underWay].filter(([id, canEnd]) => !canEnd || id in open).length
  }

  /** Call this when the WebSocket has closed. */
  close(): void {
    this.#closing.abort()
  }
}

/** Returns undefined for any other message. The protocol's server reports what is wrong with one. */
function idOfSubscribe(text: string): string | undefined {
  try {
    const message = parseMessage(text)
    return message.type === MessageType.Subscribe ? message.id : undefined
  } catch {
    return undefined
  }
}
