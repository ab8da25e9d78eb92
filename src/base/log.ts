import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { LogSink } from './log-sink.ts'

export type Logger = PinoLogger

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
