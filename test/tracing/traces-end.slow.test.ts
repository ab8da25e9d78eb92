import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { startRollcall } from '../cli/run-rollcall.ts'
import { temporaryFolder } from '../store/support/fixture.ts'

it('a gateway ends although its collector does not answer', async () => {
  const collector = createServer((socket) => socket.on('error', () => undefined))
  await once(collector.listen(0, '127.0.0.1'), 'listening')
  onTestFinished(() => void collector.close())
  const cwd = await temporaryFolder()
  await writeFile(join(cwd, 'rollcall.yaml'), 'server: { port: 0 }\nworkers: 1\ntraces: { enabled: true }\n')
  const anHourMs = '3600000'
  const { child, printed, finished } = startRollcall(['serve'], {
    cwd,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: anHourMs,
      OTEL_BSP_EXPORT_TIMEOUT: anHourMs,
      OTEL_BSP_SCHEDULE_DELAY: '1',
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [, url = ''] = await printed(/(http:\S+\/graphql)/)
  const asked = once(collector, 'connection')
  await fetch(`${url}?query={__typename}`)
  await asked
  child.kill('SIGTERM')
  expect((await finished).code).toBe(0)
})
