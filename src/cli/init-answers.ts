import { createInterface } from 'node:readline/promises'
import type { Readable, Writable } from 'node:stream'
import { RollcallError } from '../base/errors.ts'
import { problemWith } from '../config/problems.ts'
import { type InitAnswers, SOURCE_TYPES, type SourceType } from './init-text.ts'

/** The options of `init` that answer a question. */
export interface InitOptions {
  source?: SourceType
  path?: string
  url?: string
  user?: string
  passwordEnv?: string
  key?: string
  database?: string
  every?: string
  host?: string
}

const DEFAULT_URLS: Readonly<Record<string, string>> = {
  http: 'https://inventory.example.org/devices.json',
  netbox: 'https://netbox.example.org',
  solarwinds: 'https://solarwinds.example.org:17774',
}

interface Question {
  /** The answer that an option gives; asked for otherwise. */
  given: string | undefined
  option: string
  text: string
  fallback: string
  /** Returns what is wrong with an answer, as a sentence; null if it is accepted. */
  check: (answer: string) => string | null
}

/** Answers a question, or throws USAGE. */
type Answer = (question: Question) => Promise<string>

/**
 * Returns the answers to all questions: those of the options, else the defaults.
 *
 * @throws RollcallError USAGE if an option is not accepted, or the URL of a server is missing
 */
export function answersOfOptions(options: InitOptions): Promise<InitAnswers> {
  return collect(options, async (question) => {
    if (question.given === undefined && question.option === '--url') {
      throw new RollcallError('USAGE', 'The source is a server; give its address with --url.')
    }
    return checked(question, question.given ?? question.fallback)
  })
}

/**
 * Asks a person for what the options do not say. An empty answer takes the default; one that is not accepted
 * is asked for again.
 *
 * @throws RollcallError USAGE if an option is not accepted, CONFLICT if the input ends before the last answer
 */
export async function answersOfPerson(
  options: InitOptions,
  terminal: { input: Readable; output: Writable },
): Promise<InitAnswers> {
  const reader = createInterface({ ...terminal, terminal: false })
  const lines = reader[Symbol.asyncIterator]()
  try {
    return await collect(options, async (question) => {
      if (question.given !== undefined) return checked(question, question.given)
      for (;;) {
        terminal.output.write(`${question.text} [${question.fallback}]: `)
        const line = await lines.next()
        if (line.done) throw new RollcallError('CONFLICT', 'The input ended; nothing was written.')
        const answer = line.value.trim() || question.fallback
        const problem = question.check(answer)
        if (problem === null) return answer
        terminal.output.write(`${problem}\n`)
      }
    })
  } finally {
    reader.close()
  }
}

async function collect(options: InitOptions, answer: Answer): Promise<InitAnswers> {
  const source = await sourceOf(options, answer)
  const location = source === 'none' ? '' : await answer(locationQuestion(source, options))
  const username = await answer({
    given: options.user,
    option: '--user',
    text: 'The user to log in to the devices as',
    fallback: 'netops',
    check: (name) => problemWith(name, ['credentials', 0, 'username'], { credentials: [{}] }),
  })
  const hasKey =
    options.key !== undefined ||
    (options.passwordEnv === undefined &&
      (await answer({
        given: undefined,
        option: '--key',
        text: 'Log in with a password or a key?',
        fallback: 'password',
        check: oneOf(['password', 'key']),
      })) === 'key')
  const secret = await answer(
    hasKey
      ? {
          given: options.key,
          option: '--key',
          text: 'The file with the private key',
          fallback: './keys/netops',
          check: (name) => problemWith(name, ['credentials', 0, 'privateKeyFile'], { credentials: [{}] }),
        }
      : {
          given: options.passwordEnv,
          option: '--password-env',
          text: 'The environment variable with the password',
          fallback: 'NETOPS_PASSWORD',
          check: (name) => problemWith(name, ['credentials', 0, 'passwordEnv'], { credentials: [{}] }),
        },
  )
  return {
    source,
    location,
    username,
    keyFile: hasKey ? secret : null,
    passwordEnv: hasKey ? '' : secret,
    database: await answer({
      given: options.database,
      option: '--database',
      text: 'The database: a file, or postgres://USER@HOST/DATABASE',
      fallback: './rollcall.db',
      check: (place) => problemWith(place, ['database']),
    }),
    every: await answer({
      given: options.every,
      option: '--every',
      text: 'How often to probe all devices',
      fallback: '2h',
      check: (interval) => problemWith(interval, ['schedule', 'every']),
    }),
    host: await answer({
      given: options.host,
      option: '--host',
      text: 'The address to listen on; 0.0.0.0 for all, which needs tokens',
      fallback: '127.0.0.1',
      check: (address) => problemWith(address, ['server', 'host']),
    }),
  }
}

async function sourceOf({ source, path, url }: InitOptions, answer: Answer): Promise<SourceType> {
  if (path !== undefined && url !== undefined) {
    throw new RollcallError('USAGE', 'Give --path for a file or --url for a server, not both.')
  }
  if (url !== undefined && source === undefined) {
    throw new RollcallError('USAGE', 'Say what the server is: --source http, netbox or solarwinds.')
  }
  const kind = await answer({
    given: source ?? (path === undefined ? undefined : 'file'),
    option: '--source',
    text: `Where the list of devices comes from (${SOURCE_TYPES.join(', ')})`,
    fallback: 'file',
    check: oneOf(SOURCE_TYPES),
  })
  const isFor = { '--path': ['file'], '--url': ['http', 'netbox', 'solarwinds'] }
  for (const [option, given] of [
    ['--path', path],
    ['--url', url],
  ] as const) {
    if (given === undefined || isFor[option].includes(kind)) continue
    throw new RollcallError('USAGE', `${option} does not go with --source ${kind}; leave one of them out.`)
  }
  return SOURCE_TYPES.find((each) => each === kind) ?? 'none'
}

function locationQuestion(type: SourceType, { path, url }: InitOptions): Question {
  const config = { sources: [{ type }] }
  if (type === 'file') {
    return {
      given: path,
      option: '--path',
      text: 'The file, .csv, .json, .ndjson or .yaml',
      fallback: './inventory.csv',
      check: (file) => problemWith(file, ['sources', 0, 'path'], config),
    }
  }
  return {
    given: url,
    option: '--url',
    text: 'Its URL',
    fallback: DEFAULT_URLS[type] ?? '',
    check: (address) => problemWith(address, ['sources', 0, 'url'], config),
  }
}

function checked(question: Question, answer: string): string {
  const problem = question.check(answer)
  if (problem === null) return answer
  throw new RollcallError('USAGE', `${question.option}: ${problem}`)
}

function oneOf(words: readonly string[]): Question['check'] {
  return (answer) => (words.includes(answer) ? null : `Give one of ${words.join(', ')}.`)
}
