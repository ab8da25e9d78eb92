import type { Plugin } from 'vite'

const TAG = /graphql`\s*(?:query|mutation|subscription|fragment)\s+(\w+)[^`]*`/g

/** Puts what relay-compiler wrote in the place of the `graphql` tags, as Relay's Babel plugin does. */
export function relayTags(): Plugin {
  return {
    name: 'relay-tags',
    transform(code, file) {
      if (!/\.tsx?$/.test(file)) return null
      const imports = new Set<string>()
      const text = code.replaceAll(TAG, (_tag, name) => {
        imports.add(`import ${name} from './__generated__/${name}.graphql.ts';`)
        return name
      })
      return imports.size > 0 ? { code: [...imports, text].join(' '), map: null } : null
    },
  }
}
