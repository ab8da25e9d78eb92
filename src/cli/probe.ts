import { isIPv6 } from 'node:net'
import { Command, Option } from 'commander'
import { probe as probeDevice } from '../netconf/probe.ts'
import type { ProbeCredential, ProbeReport, ProbeTask } from '../netconf/report/probe-report.ts'
import { parseHostPort } from './host-port.ts'
import { CONFIG_OPTION, duration, several } from './options.ts'
import { print, printJson, tell, withoutControls } from './output.ts'
import type { ProbedPlace } from './probe-advice.ts'
import { type DevicePlace, deviceTask, findDevice } from './probe-device.ts'
import { askedCredential, givenCredential, type LoginOptions, ownCredential } from './probe-login.ts'
import { describeProbe } from './probe-text.ts'
import { stopRequested } from './signals.ts'
import { widthOf } from './wrapping.ts'

const DEFAULT_PORT = 830
const DEFAULT_TIMEOUT_MS = 10_000

interface ProbeOptions extends LoginOptions, DevicePlace {
  config?: string
  require?: string[]
  timeout?: number
  legacy?: boolean
  facts: boolean
  json?: boolean
}

export const command = new Command('probe')
  .description(
    'Probes one device, and stores nothing. Prints each phase with its time, ' +
      'the capabilities and the verdict. A name of the inventory is probed as a refresh does it: ' +
      'with its address, port, credential and known host key. Any other host needs a login.',
  )
  .argument(
    '<device>',
    'a name of the inventory, or HOST[:PORT] with an address or name; ' +
      `an IPv6 address with a port as [ADDRESS]:PORT; port ${DEFAULT_PORT} by default`,
  )
  .option('--user <name>', 'the user to log in as; by default the one that runs the command')
  .option('--password-env <variable>', 'the environment variable that holds the password')
  .option('--key <file>', 'the private key')
  .option('--passphrase-env <variable>', "the environment variable that holds the key's passphrase")
  .option('--site <name>', 'the site of the device, if several have its name')
  .option('--country <name>', 'the country of that site')
  .option('--require <uri>', 'a capability that the device must offer (may be given several times)', several)
  .addOption(
    new Option(
      '--timeout <duration>',
      'hard limit from name resolution to the closed socket ' +
        '(default: 10s; of a device of the inventory that of the configuration)',
    ).argParser(duration),
  )
  .option('--legacy', 'use weak algorithms if the device offers nothing better')
  .option('--no-facts', 'do not ask for host name, model, version and serial number')
  .option(...CONFIG_OPTION)
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    `
Login: the options, else the credential of the configuration, else the keys of the ssh-agent in
$SSH_AUTH_SOCK, else a password that is asked for at a terminal.

Example:
  rollcall probe core-01
  NETOPS_PASSWORD=… rollcall probe 192.0.2.7 --user netops --password-env NETOPS_PASSWORD`,
  )
  .action(async (target: string, options: ProbeOptions) => {
    // The key may be a pipe that nobody writes to, and a person may be asked for a password. Until then, a
    // signal ends the process at once.
    const { task, place } = await taskFor(target, options)
    const abort = new AbortController()
    void stopRequested().then(() => abort.abort())
    const report = withoutControls(await probeWith(task, abort.signal))
    if (options.json) printJson({ ...report, startedAt: new Date(report.startedAt).toISOString() })
    else print(describeProbe(report, place, widthOf(process.stdout)))
    process.exitCode = report.outcome === 'SUPPORTED' ? 0 : 1
  })

/** Probes a device. If it rejects the keys of the ssh-agent, a person may give a password. */
async function probeWith(task: ProbeTask, signal: AbortSignal): Promise<ProbeReport> {
  const report = await probeDevice(task, signal)
  const { username, agentSocket } = task.credential
  if (report.outcome !== 'AUTH_FAILED' || agentSocket === undefined) return report
  const credential = await askedCredential(username)
  return credential === null ? report : await probeDevice({ ...task, credential }, signal)
}

async function taskFor(
  target: string,
  options: ProbeOptions,
): Promise<{ task: ProbeTask; place: ProbedPlace }> {
  const given = await givenCredential(options)
  const { config: file, site, country } = options
  const place = { ...(site !== undefined && { site }), ...(country !== undefined && { country }) }
  const found = await findDevice(target, { file, place, isHostToo: given !== null })
  if (found === null) {
    const { host, port, isGiven } = parseHostPort(target, DEFAULT_PORT)
    const task = hostTask({ host, port, credential: given ?? (await ownCredential(options)) })
    return {
      task: withOptions(task, options),
      place: {
        host: isIPv6(host) ? `[${host}]` : host,
        port,
        portFrom: isGiven ? 'command' : 'standard',
        refreshPort: null,
      },
    }
  }
  const { device, portFrom, refreshPort } = found
  // A user without a secret is one who logs in with an agent or types a password.
  const own = given ?? (options.user === undefined ? null : await ownCredential(options))
  const { task, credential } = await deviceTask(device, {
    file,
    given: own,
    orElse: () => ownCredential(options),
  })
  const login = credential === null ? '' : `, credential "${credential}"`
  tell(`${device.name} at ${device.site}, ${device.country}: ${task.host} port ${task.port}${login}`)
  return {
    task: withOptions(task, options),
    place: { host: device.name, port: task.port, portFrom, refreshPort },
  }
}

function hostTask(login: { host: string; port: number; credential: ProbeCredential }): ProbeTask {
  return {
    ...login,
    required: [],
    timeoutMs: DEFAULT_TIMEOUT_MS,
    hostKeys: { check: 'any' },
    legacyAlgorithms: false,
    readFacts: true,
  }
}

function withOptions(task: ProbeTask, { require = [], timeout, legacy, facts }: ProbeOptions): ProbeTask {
  return {
    ...task,
    required: [...task.required, ...require.map((uri) => ({ uri }))],
    timeoutMs: timeout ?? task.timeoutMs,
    legacyAlgorithms: task.legacyAlgorithms || legacy === true,
    readFacts: task.readFacts && facts,
  }
}
