import { Command } from 'commander'
import { messageOf, RollcallError } from '../base/errors.ts'
import { loadConfig } from '../config/load.ts'
import { CONFIG_OPTION } from './options.ts'
import { print, printJson, withoutControls } from './output.ts'

interface HealthOptions {
  config?: string
  url?: string
  json?: boolean
}

/** The part of the answer of `/readyz` that is printed. */
interface Readiness {
  ready: boolean
  problems: readonly string[]
}

/** How long the gateway may take to answer. */
const TIMEOUT_MS = 5_000

export const command = new Command('health')
  .description(
    'Asks a running gateway whether it is ready, and prints what keeps it from being so. ' +
      'Exits with 1 if it is not ready or does not answer.',
  )
  .option(...CONFIG_OPTION)
  .option('--url <url>', 'the gateway (default: the address of the configuration, on this machine)')
  .option('--json', 'print the answer of /readyz')
  .addHelpText('after', '\nExample:\n  rollcall health --url http://127.0.0.1:4000')
  .action(async ({ config: file, url, json }: HealthOptions) => {
    const gateway = url === undefined ? ownGateway(file) : parseUrl(url)
    const readiness = withoutControls(await askReadiness(gateway))
    if (json) printJson(readiness)
    else print(readiness.ready ? 'The gateway is ready.' : readiness.problems.join('\n'))
    process.exitCode = readiness.ready ? 0 : 1
  })

/** Returns the address of the gateway that runs with this configuration. */
function ownGateway(file: string | undefined): URL {
  const { server } = loadConfig({ file, env: process.env, reads: [] })
  return new URL(`http://${callableHost(server.host)}:${server.port}`)
}

/** A gateway that listens on all addresses is called on the one of this machine. */
function callableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}

function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/.test(url.protocol)) return url
  throw new RollcallError('USAGE', '--url is not an address such as http://127.0.0.1:4000; correct it.')
}

async function askReadiness(gateway: URL): Promise<Readiness> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  let answer: unknown
  try {
    const response = await fetch(new URL('/readyz', gateway), { signal, redirect: 'error' })
    answer = await response.json()
  } catch (failure) {
    const cause = failure instanceof Error && failure.cause ? failure.cause : failure
    throw new RollcallError(
      'CONFLICT',
      `${gateway.origin} does not say whether it is ready (${messageOf(cause)}); ` +
        'check that the gateway runs.',
      { cause: failure },
    )
  }
  if (isReadiness(answer)) return answer
  throw new RollcallError('CONFLICT', `${gateway.origin} is no gateway of Rollcall; give another --url.`)
}

function isReadiness(answer: unknown): answer is Readiness {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'ready' in answer &&
    typeof answer.ready === 'boolean' &&
    'problems' in answer &&
    Array.isArray(answer.problems)
  )
}
