/** An ISO string of milliseconds since the epoch, or null. */
export const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());
