import packageJson from '../../package.json' with { type: 'json' }

/** Rollcall's own version. */
export const VERSION: string = packageJson.version
