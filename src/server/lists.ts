import type { Catalogue, Json, JsonObject } from '../../machines/model.ts';
import { instanceContext } from '../views/selectors.ts';
import { errorFrame, RPC_CODE, resultFrame } from '../wire/answer.ts';
import { memberOf } from '../wire/envelope.ts';
import { isObject, objectOf, objectsOf, parseJson } from '../wire/json.ts';
import { hubResources } from './hub-resources.ts';
import type { SessionPorts } from './ports.ts';
import { describeHubTools, hubToolNamed } from './tools/hub-tools.ts';

/** One of MCP's lists: the hub's own items and the instance's. */
export interface List {
  /** The name of the array in the result. */
  readonly key: keyof Catalogue;
  own(ports: SessionPorts): readonly object[];
  /** Whether one of the hub's items replaces this item of the instance. */
  isShadowed(item: JsonObject): boolean;
}

const LISTS = new Map<string, List>([
  [
    'tools/list',
    {
      key: 'tools',
      own: describeHubTools,
      isShadowed: ({ name }) => typeof name === 'string' && hubToolNamed(name) !== undefined,
    },
  ],
  ['resources/list', { key: 'resources', own: hubResources, isShadowed: isOwnResource }],
  [
    'resources/templates/list',
    { key: 'resourceTemplates', own: () => [], isShadowed: () => false },
  ],
  ['prompts/list', { key: 'prompts', own: () => [], isShadowed: () => false }],
]);

function isOwnResource({ uri }: JsonObject): boolean {
  return typeof uri === 'string' && uri.startsWith('signalbox://');
}

/** The list that a method requests, or undefined. */
export function listOf(method: string): List | undefined {
  return LISTS.get(method);
}

/** The hub's own answer: its own items and the known ones of the instance, on a single page. */
export function ownPage(list: List, ports: SessionPorts, rawId: string, isFirst: boolean): string {
  const { links, hub } = ports;
  const home = links.home && instanceContext(hub.getSnapshot(), links.home.instanceId);
  const known = (home?.catalogue?.[list.key] ?? []).filter((item) => !list.isShadowed(item));
  return resultFrame(rawId, { [list.key]: isFirst ? [...list.own(ports), ...known] : [] });
}

/**
 * Adds the hub's own items to the instance's first page, and removes shadowed items from all pages. Everything else on a
 * page stays. If the instance doesn't support the method, it has no items; if it is away, its known items are used.
 */
export function mergePage(
  list: List,
  ports: SessionPorts,
  rawId: string,
  isFirst: boolean,
): (frame: string | null) => string {
  return (frame) => {
    if (frame === null) return ownPage(list, ports, rawId, isFirst);
    const message = parseJson(frame);
    if (!isObject(message)) {
      const what = 'the instance answered a list that is not JSON, or nested too deeply';
      return errorFrame(rawId, RPC_CODE.internalError, what);
    }
    if (isObject(message['error'])) {
      const unknown = message['error']['code'] === RPC_CODE.methodNotFound;
      return unknown && isFirst ? resultFrame(rawId, { [list.key]: list.own(ports) }) : frame;
    }
    const result = objectOf(message['result']);
    const listed = result[list.key];
    const own = isFirst ? list.own(ports) : [];
    const items = objectsOf(listed).filter((item) => !list.isShadowed(item));
    if (Array.isArray(listed) && listed.length === items.length) {
      return prepended(frame, list.key, own);
    }
    return JSON.stringify({ ...message, result: { ...result, [list.key]: [...own, ...items] } });
  };
}

/** Adds items at the start of the list in a result. The rest of the frame stays byte for byte. */
function prepended(frame: string, key: string, items: readonly object[]): string {
  const result = memberOf(frame, 'result');
  const array = result && memberOf(frame.slice(result.start, result.end), key);
  if (result === null || array === null || items.length === 0) return frame;
  const at = result.start + array.start + 1;
  const rest = frame.slice(at);
  const more = items.map((item) => JSON.stringify(item)).join(',');
  return `${frame.slice(0, at)}${more}${/^\s*\]/.test(rest) ? '' : ','}${rest}`;
}

/** Whether the request asks for the first page. */
export function isFirstPage(params: Json | undefined): boolean {
  return (objectOf(params)['cursor'] ?? null) === null;
}
