import { releaseChecks, stepsForPeople } from './release-checks.ts'

// What a release needs, as far as a program can tell; and then what a person must do. Exits with 1 if something is wrong.

const root = process.cwd()
let failed = 0
for (const { name, check } of releaseChecks(root)) {
  const { state, detail } = await check().catch((failure: Error) => ({
    state: 'FAILED' as const,
    detail: failure.message.trim().replaceAll('\n', '\n  '),
  }))
  if (state === 'FAILED') failed += 1
  process.stdout.write(`${state.padEnd(11)}  ${name}${detail === '' ? '' : `: ${detail}`}\n`)
}
process.stdout.write(
  `\nFor a person:\n${stepsForPeople(root)
    .map((step) => `  - ${step}\n`)
    .join('')}`,
)
if (failed > 0) {
  process.stderr.write(`\n${failed} of the checks failed. Correct that before the release.\n`)
  process.exitCode = 1
}
