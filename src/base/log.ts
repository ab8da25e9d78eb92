import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { LogSink } from './log-sink.ts'

export type Logger = PinoLogger

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Property names that never reach a log line, wherever in an object they stand. */
const SECRET_NAMES = ['password', 'passphrase', 'privateKey', 'token', 'authorization']

let stderr: LogSink | undefined

/** One JSON line per event, to stderr by default: stdout belongs to what a command prints. */
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

/** All loggers of a process share it. */
function theStderr(): LogSink {
  stderr ??= new LogSink(process.stderr)
  return stderr
}

/** For the end of a process: resolves once stderr has taken the log, or after `timeoutMs`; tells whether it has. */
export async function flushLog(timeoutMs: number): Promise<boolean> {
  return (await stderr?.flush(timeoutMs)) ?? true
}

export const silentLogger: Logger = pino({ level: 'silent' })
