import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { temporaryFolder } from '../store/support/fixture.ts'
import { ROOT } from './markdown.ts'

/** A clone of what is committed here, with a release of version 7.8.9 prepared in it. */
async function preparedClone() {
  const clone = join(await temporaryFolder(), 'clone')
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=T', '-c', 'user.email=t@example.org', ...args], { cwd: clone })
  execFileSync('git', ['clone', '-q', ROOT, clone])
  symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
  // .gitignore has the folder, and not a link of its name.
  writeFileSync(join(clone, '.git/info/exclude'), 'node_modules\n')
  const edit = (path: string, change: (text: string) => string) => {
    const file = join(clone, path)
    writeFileSync(file, change(readFileSync(file, 'utf8')))
  }
  const { version } = JSON.parse(readFileSync(join(clone, 'package.json'), 'utf8')) as { version: string }
  edit('package.json', (text) => text.replace(`"version": "${version}"`, '"version": "7.8.9"'))
  // Packages in it may have the same version; Rollcall itself comes first, twice.
  const own = '"name": "rollcall",\n$1"version": "7.8.9"'
  edit('package-lock.json', (text) => text.replaceAll(/"name": "rollcall",\n( +)"version": "[^"]+"/g, own))
  edit('docs/deploy.md', (text) => text.replaceAll(`rollcall-${version}.tgz`, 'rollcall-7.8.9.tgz'))
  edit('CHANGELOG.md', () => '# Changelog\n\n## Unreleased\n\n## 7.8.9 - 2027-01-02\n\n- A change.\n')
  edit('schema/released.graphql', () => readFileSync(join(clone, 'schema/schema.graphql'), 'utf8'))
  const commit = () => git('commit', '-qam', 'Prepare a release')
  commit()
  const npm = (script: string) =>
    spawnSync('npm', ['run', '--silent', script], { cwd: clone, encoding: 'utf8' })
  expect(npm('build:console')).toMatchObject({ status: 0 })
  return { git, edit, commit, check: () => npm('release:check') }
}

it('the checklist of a release passes a clone that is prepared, and names what is wrong', {
  timeout: 300_000,
}, async () => {
  const { git, edit, commit, check } = await preparedClone()
  const prepared = check()
  expect(prepared.stdout).not.toMatch(/^FAILED/m)
  expect(prepared.stderr).toBe('')
  expect(prepared.status).toBe(0)
  expect(prepared.stdout).toMatch(/^ok {11}the version is that of a release: 7\.8\.9$/m)
  expect(prepared.stdout).toMatch(/^ok {11}the tarball has .*: \d+ files, \d+ kB$/m)
  expect(prepared.stdout).toMatch(/^ok {11}the bill of materials can be made: \d+ components$/m)
  expect(prepared.stdout).toMatch(/^ {2}- Tag the commit: git tag --sign v7\.8\.9 /m)

  git('tag', 'v7.8.9')
  edit('CHANGELOG.md', (text) =>
    text.replace('## Unreleased\n', '## Unreleased\n\n- More.\n').replace('7.8.9', '7.8.8'),
  )
  edit('schema/released.graphql', (text) => `${text}\n`)
  edit('docs/deploy.md', (text) => text.replace('rollcall-7.8.9.tgz', 'rollcall-7.8.8.tgz'))
  edit('.ci/run', (text) => text.replace('\nnpm run test:slow\n', '\n'))
  edit('docs/README.md', (text) => text.replace('](logs.md)', '](operation.md)'))
  commit()
  edit('README.md', (text) => `${text}\n`)
  edit('package.json', (text) => text.replace('"docs",\n', '').replace('"7.8.9"', '"7.9.0-rc.1"'))
  const wrong = check()
  expect(wrong.status).toBe(1)
  expect(wrong.stdout.split('\n').filter((line) => line.startsWith('FAILED'))).toEqual([
    expect.stringMatching(/nothing is uncommitted: commit or remove 2 files/),
    expect.stringMatching(/the version is that of a release: package\.json has 7\.9\.0-rc\.1$/),
    expect.stringMatching(/the lock file agrees: it has version 7\.8\.9$/),
    expect.stringMatching(
      /changelog .*: move what is under Unreleased .*; its first version is "7\.8\.8 - 2027-01-02", /,
    ),
    expect.stringMatching(/the schema is the released one: run npm run check:schema/),
    expect.stringMatching(/documentation .*: .*docs\/README\.md lacks logs\.md/),
    expect.stringMatching(/CI runs .*: \.ci\/run lacks npm run test:slow$/),
    expect.stringMatching(/the tarball .*: docs\/README\.md is missing$/),
  ])
  expect(wrong.stderr).toMatch(/^\n8 of the checks failed\. /)
  git('checkout', '-q', 'package.json')
  expect(check().stdout).toMatch(/^FAILED {7}the tag is free, or here: v7\.8\.9 is another commit$/m)
})
