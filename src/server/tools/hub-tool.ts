import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import type { HubActor } from '../../../machines/hub.ts';
import { HubError } from '../../errors.ts';
import type { ReadTraffic } from '../../views/traffic.ts';

/** What a hub tool can use while it runs. */
export interface ToolContext {
  readonly hub: HubActor;
  /** The session that calls. */
  readonly sessionId: string;
  /** Aborted when the agent cancels the call or the session ends. */
  readonly signal: AbortSignal;
  /** Records that a call waits for the instance. Returns a function that undoes this. */
  awaitInstance(instanceId: string): () => void;
  readonly trafficOf: ReadTraffic;
}

/** The answer of a tool: `structuredContent`, and its text if that differs. */
export interface ToolAnswer<Output> {
  readonly structured: Output;
  readonly shown?: unknown;
}

interface ToolDefinition<Input, Output> {
  readonly name: string;
  readonly title: string;
  /** One paragraph, for a model. */
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly input: z.ZodType<Input>;
  /** Null if an instance gives the answer. */
  readonly output: z.ZodType<Output> | null;
  /** Throws {@link HubError}. */
  run(
    input: Input,
    context: ToolContext,
  ): ToolAnswer<NoInfer<Output>> | Promise<ToolAnswer<NoInfer<Output>>>;
}

/** A tool of the hub's own. */
export interface HubTool {
  readonly name: string;
  /** The schema of its `structuredContent`. Null if an instance gives the answer. */
  readonly output: z.ZodType | null;
  /** The tool as `tools/list` shows it. */
  describe(): object;
  /** The result of a call with unvalidated arguments. Rejects with {@link HubError}. */
  call(args: unknown, context: ToolContext): Promise<object>;
}

/** Creates a tool from its definition. */
export function hubTool<Input, Output>(definition: ToolDefinition<Input, Output>): HubTool {
  const { name, title, description, annotations, input, output } = definition;
  return {
    name,
    output,
    describe: () => ({
      name,
      title,
      description,
      inputSchema: schemaOf(input, 'input'),
      ...(output === null ? {} : { outputSchema: schemaOf(output, 'output') }),
      annotations: { title, ...annotations },
    }),
    call: async (args, context) => {
      const answer = await definition.run(parseArguments(name, input, args), context);
      const { structured, shown = structured } = answer;
      return {
        content: [{ type: 'text', text: JSON.stringify(shown, null, 2) }],
        structuredContent: structured,
      };
    },
  };
}

/** The arguments of tool `name` after validation. Throws `INVALID_ARGUMENTS`. */
export function parseArguments<Input>(
  name: string,
  schema: z.ZodType<Input>,
  args: unknown,
): Input {
  const parsed = schema.safeParse(args ?? {});
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues
    .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
    .join('; ');
  throw new HubError('INVALID_ARGUMENTS', `${name}: ${wrong}`);
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output') {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io });
  return rest;
}
