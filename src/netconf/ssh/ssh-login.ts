import { excerpt } from '../protocol/failure.ts'
import type { ProbeCredential } from '../report/probe-report.ts'
import { Login, splitPrompt } from './login.ts'

/** The callback of the SSH library for a round of keyboard-interactive questions (RFC 4256 section 3.2). */
type Prompt = (
  name: string,
  instructions: string,
  language: string,
  questions: { prompt: string; echo?: boolean | undefined }[],
  answer: (answers: string[]) => void,
) => void

/** One login attempt (RFC 4252 section 5) in the form of the SSH library. */
export type LoginTry<Key> =
  | { type: 'publickey'; username: string; key: Key }
  | { type: 'password'; username: string; password: string }
  | { type: 'keyboard-interactive'; username: string; prompt: Prompt }

/** Supplies the SSH library with login attempts until the credential has no more methods. */
export class SshLogin<Key extends object> {
  readonly #credential: ProbeCredential
  readonly #key: Key | null
  readonly #keyProblem: string
  readonly #refuse: (message: string) => void
  readonly #login: Login
  /** The last message of the device during the login. */
  #lastMessage = ''

  /**
   * `key` is the private key of the credential, or the reason why it is unusable. `refuse` is called with a
   * sentence when no method is left. It may be called more than once.
   */
  constructor(credential: ProbeCredential, key: Key | string | null, refuse: (message: string) => void) {
    this.#credential = credential
    this.#refuse = refuse
    this.#login = new Login(credential)
    this.#key = typeof key === 'string' ? null : key
    this.#keyProblem = typeof key === 'string' ? `; its private key cannot be used (${excerpt(key)})` : ''
    if (this.#keyProblem !== '') this.#login.without('publickey')
  }

  /** Returns the next attempt; null if none is left. The arguments are those of `Login.next`. */
  next(accepted: readonly string[] | null, partial: boolean): LoginTry<Key> | null {
    const { username, password = '' } = this.#credential
    const method = this.#login.next(accepted, partial)
    if (method === 'publickey' && this.#key !== null) return { type: method, username, key: this.#key }
    if (method === 'password') return { type: method, username, password }
    if (method === 'keyboard-interactive') return { type: method, username, prompt: this.#answer }
    const wanted = excerpt(accepted?.join(', ') ?? '')
    const passed = this.#login.describePassed()
    if (passed !== '' && this.#login.describeRejected() === '')
      this.#refuse(this.#secondFactor(passed, wanted))
    else this.#refuse(this.#rejection(wanted === '' ? '' : `; it accepts ${wanted}`))
    return null
  }

  /**
   * Records a message of the device. It may say why a login is rejected, for example that the account is
   * locked.
   */
  noteMessage(text: string): void {
    this.#lastMessage = excerpt(text) || this.#lastMessage
  }

  /** Ends the login, since the device accepted the password but requires a new one. */
  changePassword(): void {
    this.#refuse(`The device wants a new password for user ${this.#credential.username}; change it there.`)
  }

  readonly #answer: Prompt = (name, instructions, _language, questions, answer) => {
    const messages = questions.map(({ prompt }) => splitPrompt(prompt).message)
    this.noteMessage([name, instructions, ...messages].join(' '))
    const round = this.#login.answer(questions)
    if ('answers' in round) answer(round.answers)
    else if (round.unanswered === 'new-password') this.changePassword()
    else {
      const asked = `"${excerpt(splitPrompt(questions.at(-1)?.prompt ?? '').question)}"`
      if (round.unanswered === 'second-factor') this.#refuse(this.#secondFactor('the password', asked))
      else this.#refuse(this.#rejection(`; it asked ${asked}`))
    }
  }

  /**
   * Returns a sentence for a connection that ended during the login after a rejected attempt; null if no
   * attempt was rejected. Each attempt counts toward a lock-out, so this must not be reported as a lost
   * connection.
   */
  ended(): string | null {
    return this.#login.hasRejected ? this.#rejection('; it then ended the connection') : null
  }

  #rejection(detail: string): string {
    const { username } = this.#credential
    const rejected = this.#login.describeRejected()
    const what = rejected === '' ? 'There is nothing to log in with' : `The device rejected ${rejected}`
    const said = this.#lastMessage === '' ? '' : ` and said "${this.#lastMessage}"`
    return `${what} for user ${username}${said}${this.#keyProblem}${detail}; check the credential.`
  }

  /** @param wanted the question without an answer, or the methods that the device still accepts */
  #secondFactor(passed: string, wanted: string): string {
    const { username } = this.#credential
    return (
      `The device took ${passed} of user ${username} and wants more (${wanted})${this.#keyProblem}; ` +
      'use an account that needs no second factor.'
    )
  }
}
