import type { ServerChannel } from 'ssh2'
import type { Clock } from '../../../src/base/clock.ts'
import { probe } from '../../../src/netconf/probe.ts'
import type { ProbeReport, ProbeTask } from '../../../src/netconf/report/probe-report.ts'
import { BASES, helloOf, taskFor } from './ssh-device.ts'

export const HELLO = `${helloOf(BASES)}]]>]]>`

/** Says hello and answers close-session. */
export function healthy(channel: ServerChannel): void {
  channel.write(HELLO)
  let heard = ''
  channel.on('data', (bytes: Buffer) => {
    heard += bytes.toString()
    if (heard.includes('<close-session/>')) channel.write('\n#12\n<rpc-reply/>\n##\n')
  })
}

export function run(
  device: { port: number },
  changes?: Partial<ProbeTask>,
  clock?: Clock,
): Promise<ProbeReport> {
  return probe(taskFor(device, changes), new AbortController().signal, clock && { clock })
}
