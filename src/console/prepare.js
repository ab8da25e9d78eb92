// `npm ci` runs this, to build the console. Without the development dependencies there is nothing to build it with.
// The gateway then runs without a console, or with the one that the package brought.
const vite = await import('vite').catch((failure) => {
  if (failure.code === 'ERR_MODULE_NOT_FOUND') return null
  throw failure
})
await vite?.build({ root: import.meta.dirname, logLevel: 'warn' })
