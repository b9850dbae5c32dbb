import type { Registration } from '../../machines/model.ts';

/** A key of the name and path of a registration. */
export function projectKey({ name, path }: Pick<Registration, 'name' | 'path'>): string {
  return `${name}\0${path.replace(/(?<=.)[/\\]+$/, '')}`;
}

/** A key of the endpoint of a registration. 127.0.0.1, ::1 and localhost are the same host. */
export function endpointKey({ url, port }: Pick<Registration, 'url' | 'port'>): string {
  const { protocol, hostname, pathname, search } = new URL(url ?? `http://localhost:${port}/mcp`);
  const host = /^(localhost\.?|127\.0\.0\.1|\[::1\])$/.test(hostname) ? 'localhost' : hostname;
  return `${protocol}//${host}:${port}${pathname}${search}`;
}
