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
  expect(structuredContent).toEqual(output.parse(structuredContent));
  return result;
}
