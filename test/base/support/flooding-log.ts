import { once } from 'node:events'
import { createLogger, droppedLogLines, flushLog } from '../../../src/base/log.ts'

// The main file of a process that logs faster than anybody reads, says on stdout that it has gone on, and ends once it is told to.
const lines = Number(process.argv[2])
const log = createLogger({ level: 'info' })
for (let line = 1; line <= lines; line += 1)
  log.info({ event: 'test.flood', line, filler: 'x'.repeat(200) }, 'flood')
process.stdout.write(`has logged ${lines} lines\n`)
await once(process.stdin, 'data')
process.stdin.destroy()
const isWritten = await flushLog(2_000)
process.stdout.write(`${isWritten ? 'all is written' : 'nobody reads'}, ${droppedLogLines()} dropped\n`)
if (!isWritten) process.exit()
