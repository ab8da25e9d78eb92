import { lowerThreadPriority } from '../../base/thread-priority.ts'

// The main file of a thread that `ReaderThread` starts.

// First, because loading the module takes as much time as a large query.
lowerThreadPriority()
await import('./reader.ts')
