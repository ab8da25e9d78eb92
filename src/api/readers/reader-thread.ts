import { lowerThreadPriority } from '../../base/thread-priority.ts'

// The main file of a thread that `ReaderThread` starts.

// Before all else that it runs: to load it takes as much time as a large query.
lowerThreadPriority()
await import('./reader.ts')
