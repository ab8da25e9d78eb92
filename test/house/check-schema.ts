import { readFileSync } from 'node:fs'
import { schemaChanges } from './schema-changes.ts'

// Fails where a frontend that was written for the last release would break.

const { breaking, dangerous } = await schemaChanges(
  readFileSync('schema/released.graphql', 'utf8'),
  readFileSync('schema/schema.graphql', 'utf8'),
)
for (const change of dangerous) process.stdout.write(`dangerous  ${change}\n`)
for (const change of breaking) process.stderr.write(`BREAKING   ${change}\n`)
if (breaking.length > 0) {
  process.stderr.write(
    'schema/schema.graphql breaks what schema/released.graphql promised: keep what is there, deprecated if need be, and add beside it.\n',
  )
  process.exitCode = 1
}
