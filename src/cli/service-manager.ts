import { execFile } from 'node:child_process'
import { messageOf } from '../base/errors.ts'
import type { Logger } from '../base/log.ts'

/** Pings are sent in this part of the time that systemd allows between two of them. */
const PINGS_PER_TIMEOUT = 2

/** Tells the service manager about this process. */
export interface ServiceManager {
  /** The process does its work from now on. */
  ready(): void
  /** The process ends its work. It may take as long as the service manager allows. */
  stopping(): void
}

/**
 * Tells systemd about this process, if it was started by a unit with `Type=notify` (sd_notify(3)). If the
 * unit has `WatchdogSec`, pings systemd as long as timers of the main thread run: a process that hangs is
 * restarted.
 *
 * The messages are sent by the program systemd-notify, because Node.js has no sockets for datagrams between
 * processes. The unit must have `NotifyAccess=all`. A failure is logged once and changes nothing else.
 */
export function serviceManager(log: Logger, env: NodeJS.ProcessEnv = process.env): ServiceManager {
  const { NOTIFY_SOCKET, PATH } = env
  if (!NOTIFY_SOCKET) return { ready: () => undefined, stopping: () => undefined }
  let isLogged = false
  const send = (...assignments: string[]): void => {
    // The environment of this process may hold secrets.
    const child = execFile('systemd-notify', assignments, { env: { NOTIFY_SOCKET, PATH } }, (failure) => {
      if (failure === null || isLogged) return
      isLogged = true
      log.error(
        { event: 'systemd.unreachable' },
        `systemd cannot be told about this process (${messageOf(failure)}); install systemd-notify`,
      )
    })
    child.unref()
  }
  const pingEveryMs = watchdogMs(env) / PINGS_PER_TIMEOUT
  if (pingEveryMs > 0) setInterval(() => send('WATCHDOG=1'), pingEveryMs).unref()
  return {
    ready: () => send('READY=1'),
    stopping: () => send('STOPPING=1'),
  }
}

/** The longest time between two pings; 0 if systemd expects none of this process. */
function watchdogMs({ WATCHDOG_USEC: timeout, WATCHDOG_PID: pid }: NodeJS.ProcessEnv): number {
  if (!timeout || !/^\d+$/.test(timeout)) return 0
  return pid === undefined || pid === String(process.pid) ? Number(timeout) / 1_000 : 0
}
