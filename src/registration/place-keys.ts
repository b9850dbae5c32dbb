import type { Registration } from '../../machines/model.ts';

/** Name and path of a registration as a text to compare. */
export function projectKey({ name, path }: Pick<Registration, 'name' | 'path'>): string {
  return `${name}\0${path.replace(/(?<=.)[/\\]+$/, '')}`;
}

/** The endpoint of a registration as a text to compare: 127.0.0.1, ::1 and localhost are one host. */
export function endpointKey({ url, port }: Pick<Registration, 'url' | 'port'>): string {
  const { protocol, hostname, pathname, search } = new URL(url ?? `http://localhost:${port}/mcp`);
  const host = /^(localhost\.?|127\.0\.0\.1|\[::1\])$/.test(hostname) ? 'localhost' : hostname;
  return `${protocol}//${host}:${port}${pathname}${search}`;
}
