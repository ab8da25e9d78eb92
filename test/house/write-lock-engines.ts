import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { withoutMetEngines } from './lock-engines.ts'
import { ROOT, readDocument } from './markdown.ts'

const FILE = 'package-lock.json'

const lock = withoutMetEngines(JSON.parse(readDocument(FILE)))
writeFileSync(join(ROOT, FILE), `${JSON.stringify(lock, null, 2)}\n`)
