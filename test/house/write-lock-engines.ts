import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import packageJson from '../../package.json' with { type: 'json' }
import { withoutMetEngines } from './lock-engines.ts'
import { ROOT, readDocument } from './markdown.ts'

const FILE = 'package-lock.json'

const lock = withoutMetEngines(JSON.parse(readDocument(FILE)), packageJson.devEngines.runtime.version)
writeFileSync(join(ROOT, FILE), `${JSON.stringify(lock, null, 2)}\n`)
