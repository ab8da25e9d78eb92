/** Tells whether a value fits. Null is a value that is unknown. */
export type Glob = (value: string | null) => boolean

/**
 * Compiles a glob: `*` matches any characters, `?` exactly one, everything else itself in any case. Only `*`
 * alone fits an unknown value. A match takes at most pattern × value steps, and usually far fewer.
 */
export function compileGlob(pattern: string): Glob {
  const text = pattern.toLowerCase()
  if (/^\*+$/.test(text)) return () => true
  if (!/[*?]/.test(text)) return (value) => value?.toLowerCase() === text
  // The text before the first wildcard and after the last one rules out most values.
  const [start = ''] = text.split(/[*?]/, 1)
  const end = text.slice(Math.max(text.lastIndexOf('*'), text.lastIndexOf('?')) + 1)
  const glob = Array.from(text)
  return (value) => {
    if (value === null) return false
    const lower = value.toLowerCase()
    return lower.startsWith(start) && lower.endsWith(end) && fits(glob, Array.from(lower))
  }
}

function fits(glob: readonly string[], text: readonly string[]): boolean {
  let at = 0
  let star = -1
  let starTook = 0
  for (let taken = 0; taken < text.length; ) {
    if (glob[at] === '*') {
      star = at
      starTook = taken
      at += 1
    } else if (glob[at] === '?' || (at < glob.length && glob[at] === text[taken])) {
      at += 1
      taken += 1
    } else if (star >= 0) {
      // Only the last star needs to match more: each one before it matches as little as possible.
      starTook += 1
      taken = starTook
      at = star + 1
    } else {
      return false
    }
  }
  return glob.slice(at).every((rest) => rest === '*')
}
