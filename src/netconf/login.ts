import type { ProbeCredential } from './probe-report.ts'

export type LoginMethod = 'publickey' | 'password' | 'keyboard-interactive'

const NAMES: Record<LoginMethod, string> = {
  publickey: 'the public key',
  password: 'the password',
  'keyboard-interactive': 'the answers to its questions',
}

const MAX_ROUNDS = 8
const ASKS_FOR_USER = /user|login/i

/**
 * Which way to log in next (RFC 4252 section 5). Never `none`, and never a secret that was rejected again:
 * every try counts toward a lock-out.
 */
export class Login {
  readonly #credential: ProbeCredential
  readonly #tried: LoginMethod[] = []
  readonly #questionsAnswered = new Set<string>()
  #remaining: LoginMethod[] = []
  #rounds = 0

  constructor(credential: ProbeCredential) {
    this.#credential = credential
    if (credential.privateKey !== undefined) this.#remaining.push('publickey')
    if (credential.password !== undefined) this.#remaining.push('password', 'keyboard-interactive')
  }

  /** Drops a method that cannot be used at all. */
  without(method: LoginMethod): void {
    this.#remaining = this.#remaining.filter((other) => other !== method)
  }

  /**
   * The method to try next; null when none is left. `accepted` are the methods that the server says can go on,
   * null before the first try; `partial`: the last try was right, and the server wants one more.
   */
  next(accepted: readonly string[] | null, partial: boolean): LoginMethod | null {
    const last = this.#tried.at(-1)
    // Both hand over the password. A server that does not do `password` says so by leaving it out.
    if (last === 'password' && (partial || accepted?.includes(last))) this.without('keyboard-interactive')
    const method = this.#remaining.find((candidate) => accepted?.includes(candidate) ?? true)
    if (method === undefined) return null
    this.without(method)
    this.#tried.push(method)
    return method
  }

  /**
   * What to answer to one round of keyboard-interactive questions (RFC 4256 section 3.2): the user name where
   * that is asked for in the open, the password once to each hidden question. Null: there is nothing to answer.
   */
  answer(questions: readonly { prompt: string; echo?: boolean | undefined }[]): string[] | null {
    this.#rounds += 1
    if (this.#rounds > MAX_ROUNDS) return null
    const answers: string[] = []
    for (const { prompt, echo = false } of questions) {
      const asksForUser = echo && ASKS_FOR_USER.test(prompt)
      if (this.#questionsAnswered.has(prompt) || (echo && !asksForUser)) return null
      this.#questionsAnswered.add(prompt)
      answers.push(asksForUser ? this.#credential.username : (this.#credential.password ?? ''))
    }
    return answers
  }

  /** What was tried, for a message: `the public key and the password`. */
  describeTried(): string {
    return this.#tried.map((method) => NAMES[method]).join(' and ')
  }
}
