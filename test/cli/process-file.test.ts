import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { gatewayProcess } from '../../src/cli/process-file.ts'
import { temporaryFolder } from '../store/support/fixture.ts'

test.each([
  '',
  'null',
  '[]',
  '"text"',
  '{}',
  '{"pid":0,"startTime":null}',
  '{"pid":-1,"startTime":null}',
  '{"pid":1.5}',
  '{"pid":"1"}',
])('a process file that holds %j names no process to send a signal to', async (content) => {
  const database = join(await temporaryFolder(), 'rollcall.db')
  await writeFile(`${database}-process`, content)
  expect(gatewayProcess(database)).toBe(null)
})

test('a process file names the process that runs', async () => {
  const database = join(await temporaryFolder(), 'rollcall.db')
  await writeFile(
    `${database}-process`,
    JSON.stringify({ pid: process.pid, startTime: null, reloads: 2, last: null }),
  )
  expect(gatewayProcess(database)).toMatchObject({ pid: process.pid, reloads: 2 })
})
