import { randomBytes } from 'node:crypto';

/** A unique temporary file name for a registration that is being written. */
export function draftName(id: string): string {
  return `.${id}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Whether a file name is that of a draft. Drafts stay behind if their writer is killed. */
export function isDraft(name: string): boolean {
  return /^\.[A-Za-z0-9._-]{1,128}\.[0-9a-f]{12}\.tmp$/.test(name);
}
