import { findPackageJSON } from 'node:module'
import { dirname } from 'node:path'

/**
 * The folder with Rollcall's `package.json`. A module cannot name it by a relative path, because the built
 * modules are one folder deeper than their sources.
 */
export const PACKAGE_FOLDER: string = dirname(findPackageJSON(import.meta.url) ?? '.')
