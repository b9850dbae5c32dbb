import { isAbsolute } from 'node:path';
import { z } from 'zod';
import type { Registration } from '../../machines/model.ts';
import { printable } from '../printable.ts';

/** Largest file that is read, in bytes. */
export const MAX_FILE_BYTES = 64 * 1024;

const id = z
  .string('must be a string')
  .regex(/^[A-Za-z0-9._-]{1,128}$/, 'must be 1 to 128 characters of A-Z a-z 0-9 . _ -')
  .refine((value) => value !== '.' && value !== '..', 'must not be . or ..');

const name = z
  .string('must be a string')
  .refine((value) => value.length >= 1 && value.length <= 200, 'must have 1 to 200 characters');

const directory = z
  .string('must be a string')
  .refine(isAbsolute, 'must be an absolute path')
  .refine((value) => !value.includes('\0'), 'must not contain a NUL');

const port = z
  .int('must be a whole number from 1 to 65535')
  .min(1, 'must be a whole number from 1 to 65535')
  .max(65_535, 'must be a whole number from 1 to 65535');

const pid = z.int('must be a positive integer').positive('must be a positive integer');

const time = z
  .string('must be an ISO time')
  .refine((value) => !Number.isNaN(Date.parse(value)), 'must be an ISO time');

const token = z
  .string('must be a string')
  .regex(/^[\x21-\x7e]+$/, 'must be visible ASCII without blanks');

/** Both forms: the hub's own, and what Brummer writes. Unknown keys are ignored. */
const file = z
  .object(
    {
      id,
      name,
      path: directory.optional(),
      directory: directory.optional(),
      port: port.optional(),
      url: z.string('must be a string').optional(),
      pid: pid.nullish(),
      process_info: z.object({ pid: pid.nullish() }, 'must be an object').nullish(),
      token: token.nullish(),
      started: time.nullish(),
      started_at: time.nullish(),
      last_seen: time.nullish(),
      last_ping: time.nullish(),
      has_package_json: z.boolean('must be true or false').nullish(),
    },
    'is not a JSON object',
  )
  .refine(({ path, directory }) => (path ?? directory) !== undefined, {
    message: 'must be an absolute path',
    path: ['path'],
  })
  .refine(({ port, url }) => (port ?? url) !== undefined, {
    message: 'must be a whole number from 1 to 65535',
    path: ['port'],
  });

/** A registration, or the reason why there is none. `hasPackageJson` is null when the file doesn't say. */
export type Parsed =
  | {
      readonly registration: Omit<Registration, 'hasPackageJson'> & {
        readonly hasPackageJson: boolean | null;
      };
    }
  | { readonly reason: string };

/** Reads what a registration file says. `allowHosts`: hosts that a `url` may name beside loopback. */
export function parseRegistration(
  text: string,
  source: { readonly file: string; readonly allowHosts: readonly string[] },
): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return { reason: 'not JSON' };
  }
  const parsed = file.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const field = issue?.path.join('.') ?? '';
    const message = issue?.message ?? 'is not valid';
    return { reason: field === '' ? message : `${field}: ${message}` };
  }
  const said = parsed.data;
  const endpoint = said.url === undefined ? said.port : portOfUrl(said.url, source.allowHosts);
  if (typeof endpoint !== 'number') return { reason: `url: ${endpoint ?? 'missing'}` };
  return {
    registration: {
      id: said.id,
      name: said.name,
      path: said.path ?? said.directory ?? '',
      port: endpoint,
      url: said.url === undefined ? null : new URL(said.url).href,
      pid: said.pid ?? said.process_info?.pid ?? null,
      token: said.token ?? null,
      startedAt: said.started ?? said.started_at ?? null,
      hasPackageJson: said.has_package_json ?? null,
      file: source.file,
    },
  };
}

/** The port of a URL that may be connected to, or the reason why it may not. */
function portOfUrl(text: string, allowHosts: readonly string[]): number | string {
  if (!URL.canParse(text)) return 'must be a URL';
  const url = new URL(text);
  if (url.protocol !== 'http:') return 'must begin with http://';
  if (url.username !== '' || url.password !== '') return 'must not contain credentials';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!isLoopback(host) && !allowHosts.some((allowed) => allowed.toLowerCase() === host)) {
    return `${printable(host)} is not a loopback host (--allow-host allows it)`;
  }
  return url.port === '' ? 80 : Number(url.port);
}

/** `URL` has normalised the host: `127.1` is `127.0.0.1` here. 0.0.0.0 and :: are every interface, not loopback. */
function isLoopback(host: string): boolean {
  return (
    /^127\.\d+\.\d+\.\d+$/.test(host) ||
    host === '::1' ||
    /^::ffff:7f[0-9a-f]{2}:/.test(host) ||
    /^(.+\.)?localhost\.?$/.test(host)
  );
}
