import type { ProbeCredential } from '../report/probe-report.ts'

export type LoginMethod = 'publickey' | 'password' | 'keyboard-interactive'

const NAMES: Record<LoginMethod, string> = {
  publickey: 'the public key',
  password: 'the password',
  'keyboard-interactive': 'the answers to its questions',
}

const MAX_ROUNDS = 8
const ASKS_FOR_USER = /user|login/i
const ASKS_FOR_PASSWORD =
  /passw|passphrase|kennwort|mot de passe|contrase|senha|wachtwoord|пароль|密码|密碼|パスワード/i
const ASKS_FOR_NEW_PASSWORD = /\b(new|retype|re-?enter|repeat|confirm)\b.*passw/i

/**
 * The answers to a round of questions, or why there are none: the device wants a new password, it wants more
 * than the password, or it asks for something that the credential does not contain.
 */
type RoundAnswer = { answers: string[] } | { unanswered: 'new-password' | 'second-factor' | 'unknown' }

/**
 * Chooses the next login method (RFC 4252 section 5). It never tries `none`, and never tries a rejected
 * secret again, since every attempt counts toward a lock-out.
 */
export class Login {
  readonly #credential: ProbeCredential
  readonly #tried: LoginMethod[] = []
  /** The methods among `#tried` that the server accepted although it required another one. */
  readonly #passed: LoginMethod[] = []
  readonly #questionsAnswered = new Set<string>()
  #remaining: LoginMethod[] = []
  #hasRejected = false
  #rounds = 0
  #gavePassword = false

  constructor(credential: ProbeCredential) {
    this.#credential = credential
    if (credential.privateKey !== undefined) this.#remaining.push('publickey')
    if (credential.password !== undefined) this.#remaining.push('password', 'keyboard-interactive')
  }

  /** Whether the server rejected a method that it supports. */
  get hasRejected(): boolean {
    return this.#hasRejected
  }

  /** Removes a method that cannot be used. */
  without(method: LoginMethod): void {
    this.#remaining = this.#remaining.filter((other) => other !== method)
  }

  /**
   * Returns the method to try next; null if none is left. `accepted` are the methods with which the login can
   * continue according to the server; null before the first attempt. `partial` means that the last attempt
   * succeeded and the server requires another one.
   */
  next(accepted: readonly string[] | null, partial: boolean): LoginMethod | null {
    const last = this.#tried.at(-1)
    if (partial && last !== undefined) this.#passed.push(last)
    // A method that the server does not support was not rejected.
    if (!partial && last !== undefined && accepted?.includes(last)) this.#hasRejected = true
    // Both methods send the password. A server without `password` does not list it.
    if (last === 'password' && (partial || accepted?.includes(last))) this.without('keyboard-interactive')
    const method = this.#remaining.find((candidate) => accepted?.includes(candidate) ?? true)
    if (method === undefined) return null
    this.without(method)
    this.#tried.push(method)
    return method
  }

  /**
   * Answers one round of keyboard-interactive questions (RFC 4256 section 3.2): a visible question for the
   * user name with the user name, a hidden question with the password. The password is never sent as a new
   * password. Once it was sent, it is not sent for a question that does not name a password, such as one for
   * a one-time code.
   */
  answer(questions: readonly { prompt: string; echo?: boolean | undefined }[]): RoundAnswer {
    this.#rounds += 1
    if (this.#rounds > MAX_ROUNDS) return { unanswered: 'unknown' }
    const answers: string[] = []
    // No answer is sent unless the whole round can be answered.
    for (const { prompt, echo = false } of questions) {
      const question = splitPrompt(prompt).question
      if (ASKS_FOR_NEW_PASSWORD.test(question)) return { unanswered: 'new-password' }
      const asksForUser = echo && ASKS_FOR_USER.test(question)
      if (this.#questionsAnswered.has(question) || (echo && !asksForUser)) return { unanswered: 'unknown' }
      this.#questionsAnswered.add(question)
      if (!asksForUser) {
        if (this.#gavePassword && !ASKS_FOR_PASSWORD.test(question)) return { unanswered: 'second-factor' }
        this.#gavePassword = true
      }
      answers.push(asksForUser ? this.#credential.username : (this.#credential.password ?? ''))
    }
    return { answers }
  }

  /** Names the rejected methods for a message: `the public key and the password`. Empty if there are none. */
  describeRejected(): string {
    return describe(this.#tried.filter((method) => !this.#passed.includes(method)))
  }

  /** Names the methods that the server accepted although it required more. Empty if there are none. */
  describePassed(): string {
    return describe(this.#passed)
  }
}

/** Splits a prompt into the question, which is its last line, and the message that OpenSSH puts before it. */
export function splitPrompt(prompt: string): { message: string; question: string } {
  const text = prompt.trimEnd()
  const start = text.lastIndexOf('\n') + 1
  return { message: text.slice(0, start), question: text.slice(start) }
}

function describe(methods: readonly LoginMethod[]): string {
  return methods.map((method) => NAMES[method]).join(' and ')
}
