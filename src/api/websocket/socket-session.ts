import { type AuthFailure, type AuthResult, authFailureClose } from '../auth/auth-result.ts'
import type { AuthenticatedSession } from '../auth/authenticated-session.ts'
import type { Authenticator } from '../auth/authenticator.ts'

/**
 * The authenticated session of a WebSocket, which begins with its protocol. When the session ends, the
 * WebSocket is closed.
 */
export class SocketSession {
  readonly #authenticator: Authenticator
  readonly #address: string
  readonly #close: (code: number, reason: string) => void
  #session: AuthenticatedSession | undefined
  #stopWatching = () => {}
  #isOver = false

  constructor(options: {
    authenticator: Authenticator
    /** The client's address. */
    address: string
    close: (code: number, reason: string) => void
  }) {
    this.#authenticator = options.authenticator
    this.#address = options.address
    this.#close = options.close
  }

  /** Authenticates the client. Returns false after closing the WebSocket if that fails. */
  async begin(authorization: unknown): Promise<boolean> {
    const result = await this.#authenticator.authenticate(authorization, this.#address)
    if ('failure' in result) {
      this.#refuse(result.failure)
      return false
    }
    this.#session = result.session
    const stopWatching = this.#authenticator.watch(result.session, (failure) => this.#refuse(failure))
    if (this.#isOver) stopWatching()
    else this.#stopWatching = stopWatching
    return true
  }

  /** Returns the session for an operation that begins now. Closes the WebSocket if the session has ended. */
  async current(): Promise<AuthResult> {
    const session = this.#session
    if (session === undefined) throw new Error('An operation began before its connection.')
    const failure = await this.#authenticator.endOf(session)
    if (failure === null) return { session }
    this.#refuse(failure)
    return { failure }
  }

  /** Call this when the WebSocket has closed. */
  end(): void {
    this.#isOver = true
    this.#stopWatching()
  }

  #refuse(failure: AuthFailure): void {
    const { code, reason } = authFailureClose(failure)
    this.#close(code, reason)
  }
}
