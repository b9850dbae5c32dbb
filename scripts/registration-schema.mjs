// The JSON schema of registration files, for editors and for programs that write them.
import * as z from 'zod';
import { loadSource } from './load-source.mjs';

/** The schema as the text of a file. */
export async function registrationSchema() {
  const { registrationFile } = await loadSource(
    "export { registrationFile } from './src/registration/schema.ts';",
  );
  const { $schema, ...rest } = z.toJSONSchema(registrationFile, { io: 'input' });
  const { properties } = rest;
  const given = (name, type) => ({
    type: 'object',
    properties: { [name]: { ...properties[name], type } },
    required: [name],
  });
  const schema = {
    $schema,
    title: 'Signalbox registration',
    description: 'A file by which a running MCP server announces itself. Unknown keys are ignored.',
    ...rest,
    allOf: [
      { anyOf: [given('path', 'string'), given('directory', 'string')] },
      { anyOf: [given('port', 'integer'), given('url', 'string')] },
    ],
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}
