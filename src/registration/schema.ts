import { isAbsolute } from 'node:path';
import * as z from 'zod';
import type { RefusalCode, Registration } from '../../machines/model.ts';
import { isPrintable } from '../printable.ts';
import { isLoopback, spellHost } from './loopback.ts';

// Every message is our own and never quotes the file, because its contents must not reach a terminal.
const text = (message: string) => z.string({ error: message });

/** Maximum length of a path in characters: that of Linux. */
const LONGEST_PATH = 4_096;

const ID = 'must be 1 to 128 characters of A-Z a-z 0-9 . _ - and not . or ..';
const NAME = 'must be a text of 1 to 200 characters without control or format characters';
const PATH =
  'must be an absolute path of at most 4096 characters without control or format characters';
const PORT = 'must be a whole number from 1 to 65535';
const PID = 'must be a positive whole number';
const TIME = 'must be an ISO time like 2026-11-22T09:00:00Z';
const VISIBLE = 'must be visible ASCII characters without blanks';

const visible = text(VISIBLE).regex(/^[!-~]+$/, VISIBLE);
const absolute = text(PATH).refine(
  (path) => isAbsolute(path) && path.length <= LONGEST_PATH && isPrintable(path),
  PATH,
);
const pid = z.int({ error: PID }).positive(PID);
const time = z.union([z.iso.datetime({ offset: true, local: true }), z.iso.date()], {
  error: TIME,
});

/** Both forms of a registration file: ours and Brummer's. Unknown keys are ignored. */
export const registrationFile = z.object(
  {
    id: text(ID)
      .regex(/^[A-Za-z0-9._-]{1,128}$/, ID)
      .refine((id) => id !== '.' && id !== '..', ID),
    name: text(NAME).refine(
      (name) => name !== '' && [...name].length <= 200 && isPrintable(name),
      NAME,
    ),
    path: absolute.nullish(),
    directory: absolute.nullish(),
    port: z.int({ error: PORT }).min(1, PORT).max(65_535, PORT).nullish(),
    url: text('must be a text').nullish(),
    pid: pid.nullish(),
    process_info: z.object({ pid: pid.nullish() }, { error: 'must be an object' }).nullish(),
    process_start: visible.nullish(),
    nonce: visible.nullish(),
    token: visible.nullish(),
    started: time.nullish(),
    started_at: time.nullish(),
    last_seen: time.nullish(),
    last_ping: time.nullish(),
    has_package_json: z.boolean({ error: 'must be true or false' }).nullish(),
  },
  { error: 'is not a JSON object' },
);

/** A registration as its file states it; `hasPackageJson` is null when the file doesn't state it. */
export type Announced = Omit<Registration, 'hasPackageJson' | 'origin'> & {
  readonly hasPackageJson: boolean | null;
};

export interface ParseOptions {
  /** Hosts that a `url` may name in addition to loopback. */
  readonly allowHosts: readonly string[];
}

/** Why a registration is refused. The reason is one sentence that is safe to print. */
export interface ParseFault {
  readonly code: RefusalCode;
  readonly reason: string;
}

/** Parses a registration file. Returns the registration, or why it is refused. Never throws. */
export function parseRegistration(
  content: string | Uint8Array,
  { allowHosts }: ParseOptions = { allowHosts: [] },
): { readonly registration: Announced } | ParseFault {
  let json: unknown;
  try {
    json = JSON.parse(decode(content));
  } catch {
    return { code: 'NOT_JSON', reason: 'not JSON' };
  }
  const parsed = registrationFile.safeParse(json);
  if (!parsed.success) {
    const { path = [], message = 'is not valid' } = parsed.error.issues[0] ?? {};
    if (path.length === 0) return { code: 'NOT_AN_OBJECT', reason: message };
    return invalid(`${path.join('.')}: ${message}`);
  }
  const { id, name, path, directory, url, pid, process_info, ...said } = parsed.data;
  const place = path ?? directory;
  if (!place) return invalid(`path: ${PATH}`);
  const endpoint = endpointOf(url ?? null, said.port ?? null, allowHosts);
  if ('reason' in endpoint) return endpoint;
  return {
    registration: {
      id,
      name,
      path: place,
      ...endpoint,
      pid: pid ?? process_info?.pid ?? null,
      processStart: said.process_start ?? null,
      nonce: said.nonce ?? null,
      token: said.token ?? null,
      startedAt: said.started ?? said.started_at ?? null,
      hasPackageJson: said.has_package_json ?? null,
    },
  };
}

/** Decodes UTF-8 without its byte-order mark. Throws if the bytes aren't valid. */
function decode(content: string | Uint8Array): string {
  if (typeof content === 'string') return content.replace(/^\ufeff/, '');
  return new TextDecoder('utf-8', { fatal: true }).decode(content);
}

function endpointOf(
  text: string | null,
  port: number | null,
  allowHosts: readonly string[],
): Pick<Registration, 'url' | 'port'> | ParseFault {
  if (text === null) {
    return port === null ? invalid(`port: ${PORT}, unless there is a url`) : { url: null, port };
  }
  if (!URL.canParse(text)) return invalid('url: must be a URL');
  const url = new URL(text);
  if (url.protocol !== 'http:') return invalid('url: must begin with http://');
  if (url.username !== '' || url.password !== '') {
    return invalid('url: must not contain credentials (token is for them)');
  }
  if (!isLoopback(url.hostname) && !allowHosts.some((host) => spellHost(host) === url.hostname)) {
    const reason = `url: ${url.hostname} is not a loopback host (--allow-host allows it)`;
    return { code: 'HOST_NOT_ALLOWED', reason };
  }
  if (url.port === '0') return invalid('url: must not have port 0');
  url.hash = '';
  return { url: url.href, port: url.port === '' ? 80 : Number(url.port) };
}

function invalid(reason: string): ParseFault {
  return { code: 'INVALID_FIELD', reason };
}
