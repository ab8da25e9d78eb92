import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Tells whether this machine has a program that a test needs and that `npm ci` does not bring. CI has all of them. */
export function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  return folders.some((folder) => existsSync(join(folder, program)))
}
