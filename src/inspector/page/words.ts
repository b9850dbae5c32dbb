/** Formats milliseconds as `45 s`, `12 min`, `3 h` or `2 d`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** Formats the time since an ISO time. */
export function since(time: string | null, now: number): string {
  return time === null ? '' : duration(now - Date.parse(time));
}

/** Formats the time until an ISO time. */
export function until(time: string | null, now: number): string {
  return time === null ? '' : duration(Date.parse(time) - now + 999);
}

/** Formats an ISO time as local time, `14:03:27`. */
export function clockTime(time: string): string {
  return new Date(time).toLocaleTimeString(undefined, { hour12: false });
}

/** The name in an actor's name: `web` for `instance:web`. */
export function nameOfActor(actor: string): string {
  return actor.slice(actor.indexOf(':') + 1);
}
