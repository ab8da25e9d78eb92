/** Nothing: it has the number of a migration that only PostgreSQL needs. */
export async function up(): Promise<void> {}
