import type { CodegenConfig } from '@graphql-codegen/cli'

/** Writes the types and texts of the operations in `operations/`; `npm run console:types` runs it. */
export default {
  schema: 'schema/schema.graphql',
  documents: ['src/console/operations/*.graphql'],
  generates: {
    'src/console/api/generated.ts': {
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        documentMode: 'string',
        scalars: { DateTime: 'string' },
        useTypeImports: true,
        enumsAsTypes: true,
      },
    },
  },
} satisfies CodegenConfig
