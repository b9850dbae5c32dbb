import { randomBytes } from 'node:crypto';

/** The name of a registration while it is written; another each time. */
export function draftName(id: string): string {
  return `.${id}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Whether a file of this name is such a draft. It stays when its writer is killed meanwhile. */
export function isDraft(name: string): boolean {
  return /^\.[A-Za-z0-9._-]{1,128}\.[0-9a-f]{12}\.tmp$/.test(name);
}
