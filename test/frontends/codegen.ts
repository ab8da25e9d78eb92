import type { CodegenConfig } from '@graphql-codegen/cli'
import { addTypenameSelectionDocumentTransform } from '@graphql-codegen/client-preset'

export default {
  schema: 'rollcall/schema.graphql',
  documents: ['rollcall/documents/*.graphql', 'src/**/*.graphql'],
  importExtension: '.ts',
  generates: {
    'src/gql/': {
      preset: 'client',
      // The caches of Apollo Client and urql need `__typename` everywhere. They add it to a text that they send, but
      // a persisted document is executed as it was written here.
      documentTransforms: [addTypenameSelectionDocumentTransform],
      // Also writes the documents by their hash, in the form that `persistedOperations.file` reads.
      presetConfig: { fragmentMasking: false, persistedDocuments: { hashAlgorithm: 'sha256' } },
      config: { scalars: { DateTime: 'string' }, useTypeImports: true },
    },
  },
} satisfies CodegenConfig
