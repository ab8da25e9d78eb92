import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '../../../src/base/log.ts'
import { DatabaseLock } from '../../../src/store/sqlite/database-lock.ts'
import { smallDisk } from '../../support/small-disk.ts'
import { temporaryFolder } from '../support/fixture.ts'

describe('DatabaseLock', () => {
  it.each<[string, (lock: string) => Promise<unknown>, RegExp]>([
    ['a folder', (lock) => mkdir(lock), /^The lock file \S+-lock is a folder; remove it\.$/],
    [
      'a few bytes of something else',
      (lock) => writeFile(lock, '4711\n'),
      /-lock was not made by Rollcall; remove it\.$/,
    ],
    [
      'much of something else',
      (lock) => writeFile(lock, Buffer.alloc(20_000, 'x')),
      /-lock was not made by Rollcall; remove it\.$/,
    ],
    [
      'a link to nowhere',
      (lock) => symlink('/nowhere/at/all', lock),
      /-lock cannot be used \(unable to open database file\); check its permissions and its disk, or remove/,
    ],
  ])(
    'refuses a lock file that is %s in one sentence, and holds once it is removed',
    async (_what, make, message) => {
      const path = join(await temporaryFolder(), 'rollcall.db')
      await make(`${path}-lock`)
      expect(() => new DatabaseLock(path, silentLogger)).toThrow(
        expect.objectContaining({ code: 'DATABASE_FAILED', message: expect.stringMatching(message) }),
      )
      await rm(`${path}-lock`, { recursive: true })
      await new DatabaseLock(path, silentLogger).close()
    },
  )

  it('takes over the lock file of a process that has ended', async () => {
    const path = join(await temporaryFolder(), 'rollcall.db')
    await new DatabaseLock(path, silentLogger).close()
    const held = new DatabaseLock(path, silentLogger)
    onTestFinished(() => held.close())
    expect(() => new DatabaseLock(path, silentLogger)).toThrow(/is in use by another process/)
  })

  it('is the same for a symbolic link to the database', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'rollcall.db')
    await writeFile(path, '')
    await mkdir(join(folder, 'other'))
    const link = join(folder, 'other/link.db')
    await symlink(path, link)
    const held = new DatabaseLock(link, silentLogger)
    onTestFinished(() => held.close())
    expect(() => new DatabaseLock(path, silentLogger)).toThrow(/is in use by another process/)
    await rm(`${path}-lock`)
    expect(held.problem()).toBeNull()
    expect(() => new DatabaseLock(path, silentLogger)).toThrow(/is in use by another process/)
  })

  it('reports a full disk', async (context) => {
    const disk = await smallDisk(context, 1)
    await disk.fill()
    expect(() => new DatabaseLock(join(disk.folder, 'rollcall.db'), silentLogger)).toThrow(
      /^The lock file \S+-lock cannot be (written because its disk is full|used)/,
    )
  })
})
