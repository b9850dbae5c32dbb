/** `45 s`, `12 min`, `3 h`, `2 d` of milliseconds. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** How long ago an ISO time was. */
export function since(time: string | null, now: number): string {
  return time === null ? '' : duration(now - Date.parse(time));
}

/** How long it is until an ISO time. */
export function until(time: string | null, now: number): string {
  return time === null ? '' : duration(Date.parse(time) - now + 999);
}

/** `14:03:27` of an ISO time, as the clock on the wall has it. */
export function clockTime(time: string): string {
  return new Date(time).toLocaleTimeString(undefined, { hour12: false });
}

/** `web` of `instance:web`. */
export function nameOfActor(actor: string): string {
  return actor.slice(actor.indexOf(':') + 1);
}
