/**
 * Whether a value fits a glob: `*` stands for any run of characters, `?` for one, all else for itself, whatever the
 * case. A value that is not known (null) fits `*` alone. Never takes more than pattern × value steps.
 */
export function matchesGlob(pattern: string, value: string | null): boolean {
  if (value === null) return /^\*+$/.test(pattern)
  const glob = Array.from(pattern.toLowerCase())
  const text = Array.from(value.toLowerCase())
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
      // Only the last star need take more: what the ones before it took was the least that fits.
      starTook += 1
      taken = starTook
      at = star + 1
    } else {
      return false
    }
  }
  return glob.slice(at).every((rest) => rest === '*')
}
