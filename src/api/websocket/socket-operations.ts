import { setMaxListeners } from 'node:events'
import { MessageType, parseMessage } from 'graphql-ws'

/**
 * The operations over one WebSocket. The protocol's server frees an id as soon as its client ends the operation, although
 * that may still be starting or ending: were the id taken again meanwhile, the two would be taken for one another.
 */
export class SocketOperations {
  /** By id, until nothing more comes of it: whether it is one that its client can end by now. */
  readonly #underWay = new Map<string, boolean>()
  readonly #closing = new AbortController()

  constructor() {
    // Every query listens.
    setMaxListeners(0, this.#closing.signal)
  }

  /** Aborts once the WebSocket has closed, and nobody waits for answers any more. */
  get closed(): AbortSignal {
    return this.#closing.signal
  }

  /** Has the operation that a message begins, if it does, under way until what handles it is done; `taken`: its id is. */
  handle(message: string, handle: () => Promise<void>): Promise<void> | 'taken' {
    const id = idOfSubscribe(message)
    if (id === undefined) return handle()
    if (this.#underWay.has(id)) return 'taken'
    this.#underWay.set(id, false)
    return handle().finally(() => this.#underWay.delete(id))
  }

  /** To be called when an operation has results that its client can end. */
  follow(id: string): void {
    this.#underWay.set(id, true)
  }

  /** How many there are; not those that their clients have ended. @param open the protocol's server's, by their ids */
  count(open: object): number {
    return [...this.#underWay].filter(([id, canEnd]) => !canEnd || id in open).length
  }

  /** To be called when the WebSocket has closed. */
  close(): void {
    this.#closing.abort()
  }
}

/** Undefined of another message; the protocol's server says what is wrong with one. */
function idOfSubscribe(text: string): string | undefined {
  try {
    const message = parseMessage(text)
    return message.type === MessageType.Subscribe ? message.id : undefined
  } catch {
    return undefined
  }
}
