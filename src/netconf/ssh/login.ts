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
 * How a round of questions is answered. Otherwise why it is not: the device wants another password, it wants
 * more than the password, or it asks for something that the credential does not hold.
 */
type RoundAnswer = { answers: string[] } | { unanswered: 'new-password' | 'second-factor' | 'unknown' }

/**
 * Which way to log in next (RFC 4252 section 5). Never `none`, and never a secret that was rejected again:
 * every try counts toward a lock-out.
 */
export class Login {
  readonly #credential: ProbeCredential
  readonly #tried: LoginMethod[] = []
  /** The methods among `#tried` that the server was content with, though it wanted one more. */
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

  /** Whether a way to log in that the server has was rejected. */
  get hasRejected(): boolean {
    return this.#hasRejected
  }

  /** Drops a method that cannot be used at all. */
  without(method: LoginMethod): void {
    this.#remaining = this.#remaining.filter((other) => other !== method)
  }

  /**
   * The method to try next; null when none is left. `accepted` are the methods that the server says can go
   * on, null before the first try; `partial`: the last try was right, and the server wants one more.
   */
  next(accepted: readonly string[] | null, partial: boolean): LoginMethod | null {
    const last = this.#tried.at(-1)
    if (partial && last !== undefined) this.#passed.push(last)
    // A method that the server does not have at all has not been rejected.
    if (!partial && last !== undefined && accepted?.includes(last)) this.#hasRejected = true
    // Both hand over the password. A server that does not do `password` says so by leaving it out.
    if (last === 'password' && (partial || accepted?.includes(last))) this.without('keyboard-interactive')
    const method = this.#remaining.find((candidate) => accepted?.includes(candidate) ?? true)
    if (method === undefined) return null
    this.without(method)
    this.#tried.push(method)
    return method
  }

  /**
   * Answers one round of keyboard-interactive questions (RFC 4256 section 3.2): with the user name if that is
   * asked for in the open, with the password if the question is hidden. The password is never given for a new
   * one, nor, once it was given, for a question that does not name it, such as that for a one-time code.
   */
  answer(questions: readonly { prompt: string; echo?: boolean | undefined }[]): RoundAnswer {
    this.#rounds += 1
    if (this.#rounds > MAX_ROUNDS) return { unanswered: 'unknown' }
    const answers: string[] = []
    // Nothing is sent unless the whole round can be answered.
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

  /**
   * Names what was tried and rejected, for a message: `the public key and the password`. Empty if nothing
   * was.
   */
  describeRejected(): string {
    return describe(this.#tried.filter((method) => !this.#passed.includes(method)))
  }

  /**
   * Names what the server accepted although it wanted more, for a message. Empty if there is nothing of the
   * kind.
   */
  describePassed(): string {
    return describe(this.#passed)
  }
}

/** Splits a prompt into its last line, which is the question, and the message that OpenSSH puts before it. */
export function splitPrompt(prompt: string): { message: string; question: string } {
  const text = prompt.trimEnd()
  const start = text.lastIndexOf('\n') + 1
  return { message: text.slice(0, start), question: text.slice(start) }
}

function describe(methods: readonly LoginMethod[]): string {
  return methods.map((method) => NAMES[method]).join(' and ')
}
