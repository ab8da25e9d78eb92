declare module 'virtual:country-ids' {
  /** ISO 3166-1 numeric by alpha-2. */
  const ids: Readonly<Record<string, string>>
  export default ids
}
