import { createRequire } from 'node:module'
import { styleText } from 'node:util'
import { type DestinationStream, pino } from 'pino'
import { LogSink } from './log-sink.ts'

/** The stable name of an event, which docs/logs.md lists: `refresh.started`. */
export type LogEvent = `${string}.${string}`

/** The fields of a line. `refreshId`, `deviceId`, `device` and `planId` mean the same in every one. */
interface LogFields {
  event: LogEvent
  [field: string]: unknown
}

type LogMethod = (fields: LogFields, message: string) => void

/** Logs an event with its fields and a message for people. */
export type Logger = Readonly<Record<'error' | 'warn' | 'info' | 'debug', LogMethod>>

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

export const LOG_FORMATS = ['auto', 'json', 'pretty'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

/** Properties whose values never reach the log, however deep in an object. */
const SECRET_NAMES = ['password', 'passphrase', 'privateKey', 'token', 'secret', 'authorization']

let stderr: LogSink | undefined

/**
 * Creates a logger that writes one line per event, by default to stderr: stdout is for what a command prints.
 * The line is JSON, or with `pretty` a text for people. `auto`, the default, is `pretty` if stderr is a
 * terminal.
 */
export function createLogger(options: {
  level: LogLevel
  format?: LogFormat
  destination?: DestinationStream
}): Logger {
  const { format = 'auto', destination = theStderr() } = options
  const isForPeople =
    format === 'auto' ? options.destination === undefined && process.stderr.isTTY : format === 'pretty'
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        paths: SECRET_NAMES.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
        censor: '[secret]',
      },
    },
    isForPeople ? prettyLines(destination) : destination,
  )
}

/** Returns a destination that writes each line of JSON to another one as a text for people. */
function prettyLines(destination: DestinationStream): DestinationStream {
  // Loaded here, and not with an await: few processes need it, and those from their first line on.
  const { prettyFactory }: typeof import('pino-pretty') = createRequire(import.meta.url)('pino-pretty')
  const pretty = prettyFactory({
    colorize: hasColors(),
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
    errorLikeObjectKeys: ['err'],
  })
  return { write: (line) => void destination.write(pretty(JSON.parse(line, withoutControls))) }
}

/**
 * Removes control characters from the texts of a line: text of a device or a client could control the
 * terminal, or look like another line. Only a stack trace keeps its line breaks.
 */
function withoutControls(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value
  return name === 'stack' ? value.replace(/[^\P{C}\n]/gu, '') : value.replace(/\p{C}/gu, '')
}

/** Whether stderr has colors; `NO_COLOR` and `FORCE_COLOR` decide first. */
function hasColors(): boolean {
  return styleText('bold', ' ', { stream: process.stderr }) !== ' '
}

/** Returns the sink for stderr, which all loggers of a process share. */
function theStderr(): LogSink {
  stderr ??= new LogSink(process.stderr)
  return stderr
}

/**
 * Resolves when stderr has taken the whole log, or after `timeoutMs`. Tells whether it has. For the end of a
 * process.
 */
export async function flushLog(timeoutMs: number): Promise<boolean> {
  return (await stderr?.flush(timeoutMs)) ?? true
}

/** Returns the number of lines that were dropped since the start, because nothing took them. */
export function droppedLogLines(): number {
  return stderr?.dropped ?? 0
}

export const silentLogger: Logger = pino({ level: 'silent' })
