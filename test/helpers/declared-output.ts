import { expect } from '@jest/globals';
import { z } from 'zod';
import { hubToolNamed } from '../../src/server/tools/hub-tools.ts';

const answer = z.looseObject({
  structuredContent: z.unknown(),
  isError: z.literal(false).optional(),
});

/** Fails when the hub's tool `name` answers with other fields than its output schema has. Returns the result. */
export function asDeclared<Result>(name: string, result: Result): Result {
  const output = hubToolNamed(name)?.output ?? null;
  const { data } = answer.safeParse(result);
  if (output === null || data === undefined) return result;
  const { structuredContent } = data;
  const kept = withoutProto(structuredContent);
  expect(kept).toEqual(output.parse(kept));
  return result;
}

/** Without members that are called `__proto__`: zod drops them, the hub doesn't. */
function withoutProto(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, each) => (key === '__proto__' ? undefined : each));
}
