import { readFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { Command, Option } from 'commander'
import { formatDuration } from '../base/durations.ts'
import { messageOf, RollcallError } from '../base/errors.ts'
import { readPrivateKey } from '../base/private-key.ts'
import { decodeText, withoutLineEnd } from '../base/text.ts'
import { probe as probeDevice } from '../netconf/probe.ts'
import type { ProbeCredential, ProbeReport } from '../netconf/report/probe-report.ts'
import { parseHostPort } from './host-port.ts'
import { duration, several } from './options.ts'
import { print, printJson, table, withoutControls } from './output.ts'
import { adviceFor } from './probe-advice.ts'
import { stopRequested } from './signals.ts'

const DEFAULT_PORT = 830
const DEFAULT_TIMEOUT_MS = 10_000

interface ProbeOptions {
  user?: string
  passwordEnv?: string
  key?: string
  passphraseEnv?: string
  require?: string[]
  timeout: number
  legacy?: boolean
  facts: boolean
  json?: boolean
}

export const command = new Command('probe')
  .description(
    'Probes one device, without a database. Prints each phase with its time, the capabilities and the verdict.',
  )
  .argument(
    '<host[:port]>',
    `address or name; an IPv6 address with a port as [address]:port; port ${DEFAULT_PORT} by default`,
  )
  .option('--user <name>', 'the user to log in as; by default the one that runs the command')
  .option('--password-env <variable>', 'the environment variable that holds the password')
  .option('--key <file>', 'the private key')
  .option('--passphrase-env <variable>', "the environment variable that holds the key's passphrase")
  .option('--require <uri>', 'a capability that the device must offer (may be given several times)', several)
  .addOption(
    new Option('--timeout <duration>', 'hard limit from name resolution to the closed socket')
      .argParser(duration)
      .default(DEFAULT_TIMEOUT_MS, '10s'),
  )
  .option('--legacy', 'use weak algorithms if the device offers nothing better')
  .option('--no-facts', 'do not ask for host name, model, version and serial number')
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    '\nExample:\n  NETOPS_PASSWORD=… rollcall probe 192.0.2.7 --user netops --password-env NETOPS_PASSWORD',
  )
  .action(async (target: string, options: ProbeOptions) => {
    // The key may be a pipe that nobody writes to. While it is read, a signal still ends the process at once.
    const credential = await credentialOf(options)
    const abort = new AbortController()
    void stopRequested().then(() => abort.abort())
    const found = await probeDevice(
      {
        ...parseHostPort(target, DEFAULT_PORT),
        credential,
        required: (options.require ?? []).map((uri) => ({ uri })),
        timeoutMs: options.timeout,
        hostKeys: { check: 'any' },
        legacyAlgorithms: options.legacy ?? false,
        readFacts: options.facts,
      },
      abort.signal,
    )
    const report = withoutControls(found)
    if (options.json) printJson({ ...report, startedAt: new Date(report.startedAt).toISOString() })
    else print(describe(report))
    process.exitCode = report.outcome === 'SUPPORTED' ? 0 : 1
  })

async function credentialOf({
  user,
  passwordEnv,
  key,
  passphraseEnv,
}: ProbeOptions): Promise<ProbeCredential> {
  if (passwordEnv === undefined && key === undefined) {
    throw new RollcallError('USAGE', 'Give --password-env or --key (or both), so that the probe can log in.')
  }
  if (passphraseEnv !== undefined && key === undefined) {
    throw new RollcallError('USAGE', '--passphrase-env is for a private key; give --key as well.')
  }
  const passphrase = fromEnvironment('--passphrase-env', passphraseEnv)
  return {
    username: user ?? ownName(),
    password: fromEnvironment('--password-env', passwordEnv),
    privateKey: key === undefined ? undefined : await readKey(key, passphrase),
  }
}

function ownName(): string {
  try {
    return userInfo().username
  } catch (failure) {
    throw new RollcallError(
      'USAGE',
      `The user that runs this has no name (${messageOf(failure)}); give --user.`,
    )
  }
}

function fromEnvironment(option: string, variable: string | undefined): string | undefined {
  if (variable === undefined) return undefined
  const value = withoutLineEnd(process.env[variable] ?? '')
  if (value) return value
  throw new RollcallError(
    'USAGE',
    `${option} names ${variable}, and the environment has no such variable; set it.`,
  )
}

async function readKey(file: string, passphrase: string | undefined): Promise<string> {
  const text = await readFile(file).then(decodeText, (failure: unknown) => {
    throw new RollcallError(
      'USAGE',
      `The key cannot be read (${messageOf(failure)}); give --key a file that can be.`,
    )
  })
  const answer = readPrivateKey(text, { passphrase, file })
  if ('key' in answer) return answer.key
  throw new RollcallError('USAGE', `--key names ${file}, which ${answer.problem}.`)
}

function describe(report: ProbeReport): string {
  const { peer, capabilities, facts } = report
  const weak = peer.algorithms?.legacy ? ' (weak)' : ''
  const sections = [
    table(report.phases.map(({ phase, durationMs }) => [phase, formatDuration(durationMs)])),
    known([
      ['address', peer.address],
      ['SSH server', peer.identification || null],
      ['host key', peer.hostKey && `${peer.hostKey.algorithm} ${peer.hostKey.fingerprint}`],
      ['key exchange', peer.algorithms && `${peer.algorithms.kex}${weak}`],
      ['cipher', peer.algorithms && [peer.algorithms.cipher, peer.algorithms.mac].filter(Boolean).join(', ')],
      ['framing', peer.framing],
      ['session-id', report.sessionId],
      ['login banner', peer.said.banner],
      ['standard error', peer.said.stderr],
      [capabilities === null ? 'sent, no hello' : 'before its hello', peer.said.noise],
    ]),
    known([
      ['host name', facts?.hostname],
      ['vendor', facts?.vendor],
      ['model', facts?.model],
      ['version', facts?.osVersion],
      ['serial number', facts?.serialNumber],
      ['read from', facts?.readFrom],
    ]),
  ]
  if (capabilities) sections.push([`${capabilities.length} capabilities:`, ...capabilities].join('\n  '))
  if (report.missing.length > 0) sections.push(['Missing:', ...report.missing].join('\n  '))
  if (report.notes.length > 0) sections.push(['Notes:', ...report.notes].join('\n  '))
  const verdict = `${report.outcome} in ${report.phase} after ${formatDuration(report.durationMs)}`
  sections.push(report.message === null ? verdict : `${verdict}: ${report.message}`)
  const advice = adviceFor(report)
  if (advice !== null) sections.push(`Next: ${advice}`)
  return sections.filter((section) => section !== '').join('\n\n')
}

/** Formats a table of the rows whose value is known. */
function known(rows: readonly (readonly [string, string | number | null | undefined])[]): string {
  return table(rows.flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]])))
}
