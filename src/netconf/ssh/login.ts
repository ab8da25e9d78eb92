import { excerpt } from '../outcome/failure.ts'
import type { ProbeCredential } from '../report/probe-report.ts'

export type LoginMethod = 'agent' | 'publickey' | 'password' | 'keyboard-interactive'

const NAMES: Record<LoginMethod, string> = {
  agent: 'the keys of the ssh-agent',
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
  #tried: LoginMethod[] = []
  /** The methods among `#tried` that the server accepted although it required another one. */
  readonly #passed: LoginMethod[] = []
  readonly #questionsAnswered = new Set<string>()
  #remaining: LoginMethod[] = []
  #hasRejected = false
  #rounds = 0
  #gavePassword = false

  constructor(credential: ProbeCredential) {
    this.#credential = credential
    if (credential.agentSocket !== undefined) this.#remaining.push('agent')
    if (credential.privateKey !== undefined) this.#remaining.push('publickey')
    if (credential.password !== undefined) this.#remaining.push('password', 'keyboard-interactive')
  }

  /** Whether the server rejected a method that it supports. */
  get hasRejected(): boolean {
    return this.#hasRejected
  }

  /** Removes a method that cannot be used, also if that was found out only when it was tried. */
  without(method: LoginMethod): void {
    this.#remaining = this.#remaining.filter((other) => other !== method)
    this.#tried = this.#tried.filter((other) => other !== method)
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
    if (!partial && last !== undefined && accepts(accepted, last)) this.#hasRejected = true
    // Both methods send the password. A server without `password` does not list it.
    if (last === 'password' && (partial || accepted?.includes(last))) this.without('keyboard-interactive')
    const method = this.#remaining.find((candidate) => accepted === null || accepts(accepted, candidate))
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

/** Tells whether a server lists a method. For a server, the keys of an agent are public keys like others. */
function accepts(accepted: readonly string[] | null, method: LoginMethod): boolean {
  return accepted?.includes(method === 'agent' ? 'publickey' : method) ?? false
}

/** Splits a prompt into the question, which is its last line, and the message that OpenSSH puts before it. */
function splitPrompt(prompt: string): { message: string; question: string } {
  const text = prompt.trimEnd()
  const start = text.lastIndexOf('\n') + 1
  return { message: text.slice(0, start), question: text.slice(start) }
}

function describe(methods: readonly LoginMethod[]): string {
  return methods.map((method) => NAMES[method]).join(' and ')
}

/** The callback of the SSH library for a round of keyboard-interactive questions (RFC 4256 section 3.2). */
type Prompt = (
  name: string,
  instructions: string,
  language: string,
  questions: { prompt: string; echo?: boolean | undefined }[],
  answer: (answers: string[]) => void,
) => void

/** One login attempt (RFC 4252 section 5) in the form of the SSH library. */
type LoginTry<Key, Agent> =
  | { type: 'agent'; username: string; agent: Agent }
  | { type: 'publickey'; username: string; key: Key }
  | { type: 'password'; username: string; password: string }
  | { type: 'keyboard-interactive'; username: string; prompt: Prompt }

/** Supplies the SSH library with login attempts until the credential has no more methods. */
export class SshLogin<Key extends object, Agent extends object> {
  readonly #credential: ProbeCredential
  readonly #key: Key | null
  readonly #agent: Agent | null
  #keyProblem: string
  readonly #refuse: (message: string) => void
  readonly #login: Login
  /** The last message of the device during the login. */
  #lastMessage = ''

  /**
   * `key` is the private key of the credential, or the reason why it is unusable; `agent` is its ssh-agent.
   * `refuse` is called with a sentence when no method is left. It may be called more than once.
   */
  constructor(
    credential: ProbeCredential,
    { key, agent }: { key: Key | string | null; agent: Agent | null },
    refuse: (message: string) => void,
  ) {
    this.#credential = credential
    this.#agent = agent
    this.#refuse = refuse
    this.#login = new Login(credential)
    this.#key = typeof key === 'string' ? null : key
    this.#keyProblem = typeof key === 'string' ? `; its private key cannot be used (${excerpt(key)})` : ''
    if (this.#keyProblem !== '') this.#login.without('publickey')
  }

  /** Returns the next attempt; null if none is left. The arguments are those of `Login.next`. */
  next(accepted: readonly string[] | null, partial: boolean): LoginTry<Key, Agent> | null {
    const { username, password = '' } = this.#credential
    const method = this.#login.next(accepted, partial)
    if (method === 'agent' && this.#agent !== null) return { type: method, username, agent: this.#agent }
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

  /** Records why the ssh-agent did not list its keys, or did not sign with one. */
  noteAgentProblem(problem: string): void {
    this.#keyProblem = `; its ssh-agent failed (${excerpt(problem)})`
    this.#login.without('agent')
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
