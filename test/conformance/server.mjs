// The server that the official conformance suite expects, with its tools, resources and prompts.
// https://github.com/modelcontextprotocol/conformance, scenarios of 0.1.16
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import * as types from '@modelcontextprotocol/sdk/types.js';
import { serve } from './http.mjs';

const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const WAV = 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=';

/** @param {string} said */
const text = (said) => ({ type: 'text', text: said });
const image = { type: 'image', data: PNG, mimeType: 'image/png' };
/** @param {string} uri @param {string} mimeType @param {string} said */
const embedded = (uri, mimeType, said) => ({
  type: 'resource',
  resource: { uri, mimeType, text: said },
});
/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {any} extra @param {string} message @param {object} properties */
const elicit = async (extra, message, properties, required = []) => {
  const params = { message, requestedSchema: { type: 'object', properties, required } };
  const { action, content } = await extra.sendRequest(
    { method: 'elicitation/create', params },
    types.ElicitResultSchema,
  );
  return { action, content: JSON.stringify(content ?? {}) };
};

const ADDRESS_TOOL = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
  additionalProperties: false,
};

/** @param {...string} names */
const strings = (...names) => ({
  type: 'object',
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' }])),
  required: names,
});

/** @type {Record<string, { description: string, inputSchema?: object, run: (args: any, extra: any, transport: any) => Promise<unknown[]> }>} */
const TOOLS = {
  test_simple_text: {
    description: 'Answers with a text',
    run: async () => [text('This is a simple text response for testing.')],
  },
  test_image_content: { description: 'Answers with an image', run: async () => [image] },
  test_audio_content: {
    description: 'Answers with a sound',
    run: async () => [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }],
  },
  test_embedded_resource: {
    description: 'Answers with a resource',
    run: async () => [
      embedded('test://embedded-resource', 'text/plain', 'This is an embedded resource content.'),
    ],
  },
  test_multiple_content_types: {
    description: 'Answers with several kinds of content',
    run: async () => [
      text('Multiple content types test:'),
      image,
      embedded('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  },
  test_tool_with_logging: {
    description: 'Logs while it runs',
    run: async (_, { sendNotification }) => {
      for (const data of [
        'Tool execution started',
        'Tool processing data',
        'Tool execution completed',
      ]) {
        await sendNotification({
          method: 'notifications/message',
          params: { level: 'info', data },
        });
        await pause(50);
      }
      return [text('logged')];
    },
  },
  test_tool_with_progress: {
    description: 'Tells its progress',
    run: async (_, { sendNotification, _meta }) => {
      const progressToken = _meta?.progressToken ?? 0;
      for (const progress of [0, 50, 100]) {
        await sendNotification({
          method: 'notifications/progress',
          params: { progressToken, progress, total: 100 },
        });
        await pause(50);
      }
      return [text(String(progressToken))];
    },
  },
  test_error_handling: {
    description: 'Fails',
    run: async () => {
      throw new Error('This tool intentionally returns an error for testing');
    },
  },
  test_reconnection: {
    description: 'Closes its stream and answers on the resumed one',
    run: async (_, { requestId, sendNotification }, transport) => {
      // Send an event with an id to resume after.
      await sendNotification({
        method: 'notifications/message',
        params: { level: 'info', data: 'closing' },
      });
      // `extra.closeSSEStream` can't be used: the suite's raw request has an older protocol version.
      transport.closeSSEStream(requestId);
      await pause(100);
      return [text('answered after the stream was closed')];
    },
  },
  test_sampling: {
    description: 'Asks for a sample',
    inputSchema: strings('prompt'),
    run: async ({ prompt }, { sendRequest }) => {
      const params = { messages: [{ role: 'user', content: text(prompt) }], maxTokens: 100 };
      const { content } = await sendRequest(
        { method: 'sampling/createMessage', params },
        types.CreateMessageResultSchema,
      );
      return [text(`LLM response: ${content.text}`)];
    },
  },
  test_elicitation: {
    description: 'Asks the user',
    inputSchema: strings('message'),
    run: async ({ message }, extra) => {
      const properties = { username: { type: 'string' }, email: { type: 'string' } };
      const { action, content } = await elicit(extra, message, properties);
      return [text(`User response: action=${action}, content=${content}`)];
    },
  },
  test_elicitation_sep1034_defaults: {
    description: 'Asks with defaults',
    run: async (_, extra) => {
      const { action, content } = await elicit(extra, 'Check the defaults', {
        name: { type: 'string', default: 'John Doe' },
        age: { type: 'integer', default: 30 },
        score: { type: 'number', default: 95.5 },
        status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
        verified: { type: 'boolean', default: true },
      });
      return [text(`Elicitation completed: action=${action}, content=${content}`)];
    },
  },
  test_elicitation_sep1330_enums: {
    description: 'Asks with all kinds of enumerations',
    run: async (_, extra) => {
      const options = ['option1', 'option2', 'option3'];
      const titled = ['First', 'Second', 'Third'].map((title, n) => ({
        const: `value${n + 1}`,
        title,
      }));
      const { action, content } = await elicit(extra, 'Choose', {
        untitledSingle: { type: 'string', enum: options },
        titledSingle: { type: 'string', oneOf: titled },
        legacyEnum: {
          type: 'string',
          enum: ['opt1', 'opt2', 'opt3'],
          enumNames: ['One', 'Two', 'Three'],
        },
        untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
        titledMulti: { type: 'array', items: { anyOf: titled } },
      });
      return [text(`Elicitation completed: action=${action}, content=${content}`)];
    },
  },
  json_schema_2020_12_tool: {
    description: 'Has a schema of JSON Schema 2020-12',
    inputSchema: ADDRESS_TOOL,
    run: async (args) => [text(JSON.stringify(args))],
  },
};

/** @type {Record<string, object>} */
const RESOURCES = {
  'test://static-text': {
    mimeType: 'text/plain',
    text: 'This is the content of the static text resource.',
  },
  'test://static-binary': { mimeType: 'image/png', blob: PNG },
  'test://watched-resource': { mimeType: 'text/plain', text: 'watched' },
};

/** @param {...unknown} contents */
const userSays = (...contents) => ({
  messages: contents.map((content) => ({ role: 'user', content })),
});

/** @type {Record<string, { args: string[], get: (args: any) => object }>} */
const PROMPTS = {
  test_simple_prompt: {
    args: [],
    get: () => userSays(text('This is a simple prompt for testing.')),
  },
  test_prompt_with_arguments: {
    args: ['arg1', 'arg2'],
    get: ({ arg1, arg2 }) =>
      userSays(text(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)),
  },
  test_prompt_with_embedded_resource: {
    args: ['resourceUri'],
    get: ({ resourceUri }) =>
      userSays(
        embedded(resourceUri, 'text/plain', 'Embedded resource content for testing.'),
        text('Please process the embedded resource above.'),
      ),
  },
  test_prompt_with_image: {
    args: [],
    get: () => userSays(image, text('Please analyze the image above.')),
  },
};

function createServer() {
  const capabilities = {
    tools: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    prompts: { listChanged: true },
    logging: {},
    completions: {},
  };
  const server = new Server({ name: 'conformance-shaped', version: '1.0.0' }, { capabilities });
  /** @type {(schema: any, handle: (params: any, extra: any) => any) => void} */
  const on = (schema, handle) =>
    server.setRequestHandler(schema, async (request, extra) => handle(request.params, extra));

  on(types.ListToolsRequestSchema, () => ({
    tools: Object.entries(TOOLS).map(
      ([name, { description, inputSchema = { type: 'object' } }]) => ({
        name,
        description,
        inputSchema,
      }),
    ),
  }));
  on(types.CallToolRequestSchema, async ({ name, arguments: args = {} }, extra) => {
    const tool = TOOLS[name];
    if (tool === undefined) throw new types.McpError(-32602, `no tool ${name}`);
    try {
      return { content: await tool.run(args, extra, server.transport) };
    } catch (error) {
      return { content: [text(String(error))], isError: true };
    }
  });
  on(types.ListResourcesRequestSchema, () => ({
    resources: Object.keys(RESOURCES).map((uri) => ({ uri, name: uri, description: uri })),
  }));
  on(types.ListResourceTemplatesRequestSchema, () => ({
    resourceTemplates: [
      { uriTemplate: 'test://template/{id}/data', name: 'template', mimeType: 'application/json' },
    ],
  }));
  on(types.ReadResourceRequestSchema, ({ uri }) => {
    const [, id] = /^test:\/\/template\/(.+)\/data$/.exec(uri) ?? [];
    const made = id && {
      mimeType: 'application/json',
      text: JSON.stringify({ id, templateTest: true, data: `Data for ID: ${id}` }),
    };
    const found = made || RESOURCES[uri];
    if (!found) throw new types.McpError(-32002, `no resource ${uri}`);
    return { contents: [{ uri, ...found }] };
  });
  on(types.SubscribeRequestSchema, () => ({}));
  on(types.UnsubscribeRequestSchema, () => ({}));
  on(types.ListPromptsRequestSchema, () => ({
    prompts: Object.entries(PROMPTS).map(([name, { args }]) => ({
      name,
      description: name,
      arguments: args.map((each) => ({ name: each, required: true })),
    })),
  }));
  on(types.GetPromptRequestSchema, ({ name, arguments: args = {} }) => {
    const prompt = PROMPTS[name];
    if (prompt === undefined) throw new types.McpError(-32602, `no prompt ${name}`);
    return prompt.get(args);
  });
  on(types.SetLevelRequestSchema, () => ({}));
  on(types.CompleteRequestSchema, () => ({ completion: { values: [], total: 0, hasMore: false } }));
  return server;
}

/** Starts the server on a free loopback port. */
export const startServer = () => serve((transport) => createServer().connect(transport));
