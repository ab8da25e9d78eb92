import { excerpt } from '../protocol/failure.ts'
import type { ProbeCredential } from '../report/probe-report.ts'
import { Login, splitPrompt } from './login.ts'

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
  /** What the device last said while it was logged in to. */
  #words = ''

  /**
   * `key` is the private key of the credential, or why it cannot be used. `refuse` is called with a sentence
   * when there is no way left, and may be called more than once.
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
    const wanted = excerpt(accepted?.join(', ') ?? '')
    const passed = this.#login.describePassed()
    if (passed !== '' && this.#login.describeRejected() === '')
      this.#refuse(this.#secondFactor(passed, wanted))
    else this.#refuse(this.#rejection(wanted === '' ? '' : `; it accepts ${wanted}`))
    return null
  }

  /**
   * Takes what the device says to whoever logs in. It may tell why a login is rejected: the account is
   * locked, say.
   */
  hear(text: string): void {
    this.#words = excerpt(text) || this.#words
  }

  /** The device wants another password than the one that it accepted. */
  changePassword(): void {
    this.#refuse(`The device wants a new password for user ${this.#credential.username}; change it there.`)
  }

  readonly #answer: Prompt = (name, instructions, _language, questions, answer) => {
    const messages = questions.map(({ prompt }) => splitPrompt(prompt).message)
    this.hear([name, instructions, ...messages].join(' '))
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
   * Returns a sentence on a connection that ended during the login if a try had been rejected before: each
   * counts toward a lock-out, so that it must not be taken for a fault of the line. Null if none had.
   */
  ended(): string | null {
    return this.#login.hasRejected ? this.#rejection('; it then ended the connection') : null
  }

  #rejection(detail: string): string {
    const { username } = this.#credential
    const rejected = this.#login.describeRejected()
    const what = rejected === '' ? 'There is nothing to log in with' : `The device rejected ${rejected}`
    const said = this.#words === '' ? '' : ` and said "${this.#words}"`
    return `${what} for user ${username}${said}${this.#keyProblem}${detail}; check the credential.`
  }

  /** @param wanted what there is no answer to: the question, or the ways to log in that are left */
  #secondFactor(passed: string, wanted: string): string {
    const { username } = this.#credential
    return (
      `The device took ${passed} of user ${username} and wants more (${wanted})${this.#keyProblem}; ` +
      'use an account that needs no second factor.'
    )
  }
}
