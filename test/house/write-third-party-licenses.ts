import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './markdown.ts'
import { licensesFile, thirdParties } from './third-party.ts'

writeFileSync(join(ROOT, 'THIRD-PARTY-LICENSES'), licensesFile(thirdParties(ROOT)))
