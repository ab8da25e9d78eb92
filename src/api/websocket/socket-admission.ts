import type { Admission } from '../auth/admission.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { type Refusal, refusalClose } from '../auth/refusal.ts'
import type { Admittance } from '../auth/scheme.ts'

/** Whom a WebSocket is for: told once, when its protocol begins. It is closed when they are let in no longer. */
export class SocketAdmission {
  readonly #authenticator: Authenticator
  readonly #address: string
  readonly #close: (code: number, reason: string) => void
  #admission: Admission | undefined
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
    const admittance = await this.#authenticator.admit(authorization, this.#address)
    if ('refusal' in admittance) {
      this.#refuse(admittance.refusal)
      return false
    }
    this.#admission = admittance.admission
    const stopWatching = this.#authenticator.watch(admittance.admission, (refusal) => this.#refuse(refusal))
    if (this.#isOver) stopWatching()
    else this.#stopWatching = stopWatching
    return true
  }

  /** Whom an operation is for that begins now; where they are let in no longer, the WebSocket is closed. */
  async current(): Promise<Admittance> {
    const admission = this.#admission
    if (admission === undefined) throw new Error('An operation began before its connection.')
    const refusal = await this.#authenticator.endOf(admission)
    if (refusal === null) return { admission }
    this.#refuse(refusal)
    return { refusal }
  }

  /** To be called when the WebSocket has closed. */
  end(): void {
    this.#isOver = true
    this.#stopWatching()
  }

  #refuse(refusal: Refusal): void {
    const { code, reason } = refusalClose(refusal)
    this.#close(code, reason)
  }
}
