/**
 * Wraps an async iterator, so that clean-up happens once however the iteration ends: when it is done or
 * fails, or when the consumer calls `return` or `throw`, also while a `next` is pending. The source is ended
 * after the clean-up, unless it is done already. From then on every `next` is done at once.
 */
export function withCleanUp<T>(
  source: AsyncIterator<unknown, unknown>,
  {
    next,
    cleanUp,
  }: {
    /** Produces the next result, usually from the source. */
    next(): Promise<IteratorResult<T, unknown>>
    cleanUp?(): void
  },
): AsyncGenerator<T, void> {
  let isOver = false
  const end = () => {
    if (isOver) return
    isOver = true
    cleanUp?.()
  }
  return {
    async next() {
      if (isOver) return { done: true, value: undefined }
      try {
        const step = await next()
        if (!step.done) return step
        end()
        return { done: true, value: undefined }
      } catch (failure) {
        end()
        // Consumers treat a failed iterator as ended and do not call `return`, so this ends the source.
        await Promise.resolve(source.return?.()).catch(() => undefined)
        throw failure
      }
    },
    async return() {
      end()
      await source.return?.()
      return { done: true, value: undefined }
    },
    async throw(thrown) {
      end()
      await source.return?.()
      throw thrown
    },
    [Symbol.asyncIterator]() {
      return this
    },
    async [Symbol.asyncDispose]() {
      await this.return()
    },
  }
}
