import { type AuthFailure, type AuthResult, authFailureClose } from '../auth/auth-result.ts'
import type { AuthenticatedSession } from '../auth/authenticated-session.ts'
import type { Authenticator } from '../auth/authenticator.ts'

/** Whom a WebSocket is for: told once, when its protocol begins. It is closed when they are let in no longer. */
export class SocketAdmission {
  readonly #authenticator: Authenticator
  readonly #address: string
  readonly #close: (code: number, reason: string) => void
  #session: AuthenticatedSession | undefined
  #stopWatching = () => {}
  #isOver = false

  constructor(options: {
    authenticator: Authenticator
    /** Of the client. */
    address: string
    close: (code: number, reason: string) => void
  }) {
    this.#authenticator = options.authenticator
    this.#address = options.address
    this.#close = options.close
  }

  /** Returns whether the client may go on; where not, the WebSocket is closed. */
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

  /** Whom an operation is for that begins now; where they are let in no longer, the WebSocket is closed. */
  async current(): Promise<AuthResult> {
    const session = this.#session
    if (session === undefined) throw new Error('An operation began before its connection.')
    const failure = await this.#authenticator.endOf(session)
    if (failure === null) return { session }
    this.#refuse(failure)
    return { failure }
  }

  /** To be called when the WebSocket has closed. */
  end(): void {
    this.#isOver = true
    this.#stopWatching()
  }

  #refuse(failure: AuthFailure): void {
    const { code, reason } = authFailureClose(failure)
    this.#close(code, reason)
  }
}
