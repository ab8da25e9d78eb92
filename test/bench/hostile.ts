import { Command } from 'commander'
import { HOSTILE_REQUESTS, type HostileRequest, postHostile } from '../support/hostile-requests.ts'
import { runBenchmark, tell } from './support/benchmark.ts'
import { writeDatabase } from './support/gateway-over-database.ts'
import { countOption, devicesOption } from './support/options.ts'
import { queryLatencies } from './support/query-load.ts'
import { milliseconds, printReport } from './support/report.ts'
import { median, percentile } from './support/statistics.ts'

// How long a gateway takes to refuse what nobody means well with, and how long others wait meanwhile.

interface HostileOptions {
  devices: number
  times: number
}

const command = new Command('bench:hostile')
  .description('Time to refuse hostile requests, and the latency of an innocent query meanwhile.')
  .addOption(devicesOption(14_000))
  .addOption(countOption('--times <n>', 'how often each is sent, one after the other', 20))

const INNOCENT = {
  name: 'innocent',
  query: '{ devices(first: 10) { nodes { name site { name } } } }',
}

interface Measured {
  name: string
  status: number
  code: string
  bytes: number
  refusedMs: number[]
  innocentMs: number[]
}

await runBenchmark<HostileOptions>(command, async ({ devices, times }, stack) => {
  const size = { devices, sites: Math.ceil(devices / 10), countries: 100 }
  const database = await writeDatabase(stack, size, undefined)
  const url = await database.start().url
  // What is compiled and cached by the first requests is no time of the others.
  await innocentLatencies(url, async () => {
    for (const request of HOSTILE_REQUESTS) await refusal(url, request, anotherText(request, -1))
  })
  const measured: Measured[] = []
  for (const request of HOSTILE_REQUESTS) {
    tell(request.name)
    measured.push(await measure(url, request, times))
  }
  printReport({
    benchmark: command.name(),
    title: `${devices} devices; each request is sent ${times} times, each time with another text, one after the other`,
    tables: [
      {
        columns: [
          'request',
          'bytes',
          'status',
          'code',
          'refused median',
          'max',
          'another query median',
          'max',
        ],
        rows: measured.map(({ name, bytes, status, code, refusedMs, innocentMs }) => [
          name,
          String(bytes),
          String(status),
          code,
          milliseconds(median(refusedMs)),
          milliseconds(percentile(refusedMs, 1)),
          milliseconds(median(innocentMs)),
          milliseconds(percentile(innocentMs, 1)),
        ]),
      },
    ],
    notes: [
      'From the first byte that is sent to the last of the answer; the client has a process of its own.',
    ],
    data: { options: { devices, times }, measured },
  })
})

async function measure(url: string, request: HostileRequest, times: number): Promise<Measured> {
  const refusedMs: number[] = []
  // Made beforehand: it would hold up the other query, which is sent from here.
  const texts = Array.from({ length: times }, (_, turn) => anotherText(request, turn))
  const innocentMs = await innocentLatencies(url, async () => {
    for (const text of texts) refusedMs.push(await refusal(url, request, text))
  })
  const { name, status, code, body } = request
  return { name, status, code, bytes: Buffer.byteLength(body), refusedMs, innocentMs }
}

/** Of an innocent query, asked again and again while something else is done. */
async function innocentLatencies(url: string, meanwhile: () => Promise<void>): Promise<number[]> {
  const over = new AbortController()
  const [latencies] = await Promise.all([
    queryLatencies(url, INNOCENT, { perSecond: 100, signal: over.signal }),
    meanwhile().finally(() => over.abort()),
  ])
  return latencies
}

/** The same with a comment, so that nothing is known of it from the turn before. */
function anotherText({ body }: HostileRequest, turn: number): Buffer {
  const text = Buffer.from(body).toString('latin1')
  return Buffer.from(text.replaceAll('"query":"', `"query":"#${turn}\\n`), 'latin1')
}

/** Milliseconds. */
async function refusal(
  url: string,
  { name, status, code }: Omit<HostileRequest, 'body'>,
  text: Buffer,
): Promise<number> {
  const begun = performance.now()
  const answer = await postHostile(url, text)
  const elapsedMs = performance.now() - begun
  const found = JSON.parse(answer.text).errors?.[0]?.extensions.code
  if (answer.status !== status || found !== code) {
    throw new Error(`"${name}" was answered with ${answer.status} and ${found}: ${answer.text.slice(0, 500)}`)
  }
  return elapsedMs
}
