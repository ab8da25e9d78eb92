/** Returns a view of an object that calls `onRead` before each read of a property, however deep. */
export function tracked<T extends object>(target: T, onRead: () => void): T {
  return new Proxy(target, {
    get(owner, name) {
      onRead()
      const value: unknown = Reflect.get(owner, name, owner)
      // Unbound, a method would look for its private fields in the proxy.
      if (typeof value === 'function') return value.bind(owner)
      return typeof value === 'object' && value !== null ? tracked(value, onRead) : value
    },
  })
}
