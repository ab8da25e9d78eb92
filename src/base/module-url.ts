/**
 * Returns the URL of the main module of a thread or process. The compiler changes `.ts` to `.js` in imports,
 * but not in such a path.
 *
 * @param path the TypeScript file, relative to the module that names it
 * @param from `import.meta.url` of that module
 */
export function moduleUrl(path: string, from: string): URL {
  return new URL(from.endsWith('.js') ? path.replace(/\.ts$/, '.js') : path, from)
}
