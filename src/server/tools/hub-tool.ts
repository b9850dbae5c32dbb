import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js';
import * as z from 'zod';
import type { HubActor } from '../../../machines/hub.ts';
import type { InstanceContext } from '../../../machines/instance-setup.ts';
import { HubError } from '../../errors.ts';

/** What a hub tool has at hand while it runs. */
export interface ToolContext {
  readonly hub: HubActor;
  /** The session that calls. */
  readonly sessionId: string;
  /** Aborted when the agent cancels the call or the session ends. */
  readonly signal: AbortSignal;
  /** Notes that somebody waits for the instance; returns the function that takes this back. */
  awaitInstance(instanceId: string): () => void;
  /** The instance with its traffic as it is now, without a step of its actor. */
  live(instance: InstanceContext): InstanceContext;
}

/** What a tool answers: `structuredContent`, and what is shown as text if that is something else. */
export interface ToolAnswer {
  readonly structured: object;
  readonly shown?: unknown;
}

interface ToolDefinition<Input> {
  readonly name: string;
  readonly title: string;
  /** One paragraph, for a model. */
  readonly description: string;
  readonly annotations: ToolAnnotations;
  readonly input: z.ZodType<Input>;
  /** Null when the answer is an instance's. */
  readonly output: z.ZodType | null;
  /** Throws {@link HubError}. */
  run(input: Input, context: ToolContext): ToolAnswer | Promise<ToolAnswer>;
}

/** A tool of the hub's own. */
export interface HubTool {
  readonly name: string;
  /** The tool as `tools/list` shows it. */
  describe(): object;
  /** The result of a call with arguments as they came. Rejects with {@link HubError}. */
  call(args: unknown, context: ToolContext): Promise<object>;
}

/** Makes a tool of its definition. */
export function hubTool<Input>(definition: ToolDefinition<Input>): HubTool {
  const { name, title, description, annotations, input, output } = definition;
  return {
    name,
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
