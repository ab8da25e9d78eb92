import { excerpt } from './failure.ts'
import { Login } from './login.ts'
import type { ProbeCredential } from './probe-report.ts'

/** One round of keyboard-interactive questions (RFC 4256 section 3.2), as the SSH library hands it over. */
type Prompt = (
  name: string,
  instructions: string,
  language: string,
  questions: { prompt: string; echo?: boolean | undefined }[],
  answer: (answers: string[]) => void,
) => void

/** One try to log in (RFC 4252 section 5), as the SSH library wants it. */
export type LoginTry<Key> =
  | { type: 'publickey'; username: string; key: Key }
  | { type: 'password'; username: string; password: string }
  | { type: 'keyboard-interactive'; username: string; prompt: Prompt }

/** Answers an SSH library that asks how to log in, until the credential has nothing more to try. */
export class SshLogin<Key extends object> {
  readonly #credential: ProbeCredential
  readonly #key: Key | null
  readonly #keyProblem: string
  readonly #refuse: (message: string) => void
  readonly #login: Login

  /**
   * `key` is the private key of the credential, or why it cannot be used. `refuse` is called with a sentence when
   * there is no way left, and may be called more than once.
   */
  constructor(credential: ProbeCredential, key: Key | string | null, refuse: (message: string) => void) {
    this.#credential = credential
    this.#refuse = refuse
    this.#login = new Login(credential)
    this.#key = typeof key === 'string' ? null : key
    this.#keyProblem = typeof key === 'string' ? `; its private key cannot be used (${excerpt(key)})` : ''
    if (this.#keyProblem !== '') this.#login.without('publickey')
  }

  /** What to try next, null where nothing is left; the arguments are as for `Login.next`. */
  next(accepted: readonly string[] | null, partial: boolean): LoginTry<Key> | null {
    const { username, password = '' } = this.#credential
    const method = this.#login.next(accepted, partial)
    if (method === 'publickey' && this.#key !== null) return { type: method, username, key: this.#key }
    if (method === 'password') return { type: method, username, password }
    if (method === 'keyboard-interactive') return { type: method, username, prompt: this.#answer }
    this.#refuse(this.#rejection(accepted === null ? '' : `; it accepts ${excerpt(accepted.join(', '))}`))
    return null
  }

  /** The device wants another password than the one that it accepted. */
  changePassword(): void {
    this.#refuse(`The device wants a new password for user ${this.#credential.username}; change it there.`)
  }

  readonly #answer: Prompt = (_name, _instructions, _language, questions, answer) => {
    const answers = this.#login.answer(questions)
    if (answers !== null) answer(answers)
    else this.#refuse(this.#rejection(`; it asked "${excerpt(questions.at(-1)?.prompt ?? '')}"`))
  }

  #rejection(detail: string): string {
    const { username } = this.#credential
    const tried = this.#login.describeTried()
    const what = tried === '' ? 'There is nothing to log in with' : `The device rejected ${tried}`
    return `${what} for user ${username}${this.#keyProblem}${detail}; check the credential.`
  }
}
