import { type DestinationStream, pino } from 'pino'
import { LogSink } from './log-sink.ts'

/** The stable name of an event, which docs/logs.md lists: `refresh.started`. */
export type LogEvent = `${string}.${string}`

/** The fields of a line. `refreshId`, `deviceId`, `device` and `planId` mean the same in every one. */
export interface LogFields {
  event: LogEvent
  [field: string]: unknown
}

type LogMethod = (fields: LogFields, message: string) => void

/** Logs an event with its fields and a message for people. */
export type Logger = Readonly<Record<'error' | 'warn' | 'info' | 'debug', LogMethod>>

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Properties whose values never reach the log, however deep in an object. */
const SECRET_NAMES = ['password', 'passphrase', 'privateKey', 'token', 'authorization']

let stderr: LogSink | undefined

/**
 * Creates a logger that writes one JSON line per event, by default to stderr: stdout is for what a command
 * prints.
 */
export function createLogger(options: { level: LogLevel; destination?: DestinationStream }): Logger {
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
    options.destination ?? theStderr(),
  )
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

export const silentLogger: Logger = pino({ level: 'silent' })
