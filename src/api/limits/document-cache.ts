import type { DocumentNode } from 'graphql'
import { LRUCache } from 'lru-cache'

const MAX_DOCUMENTS = 1_000
/** The limit for all texts together. A parsed document takes up to about 200 bytes per character. */
const MAX_CHARACTERS = 500_000

/**
 * The caches in which graphql-yoga keeps parsed documents, with limits: clients may send a new text each
 * time.
 */
export function createDocumentCaches() {
  return {
    documentCache: new LRUCache<string, DocumentNode>({
      max: MAX_DOCUMENTS,
      maxSize: MAX_CHARACTERS,
      sizeCalculation: (_document, text) => Math.max(1, text.length),
    }),
    // Nothing is gained by keeping the errors of texts that do not parse.
    errorCache: { get: () => undefined, set: () => undefined },
  }
}
