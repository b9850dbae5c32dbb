import {
  type CallToolResult,
  Client,
  type ClientOptions,
  type JSONRPCMessage,
} from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { afterTest } from './cleanup.ts';
import { BIN } from './processes.ts';

/** Probes on its own connection instead of a separate process, and notes the methods it sends. */
class InPlaceTransport extends StdioClientTransport {
  readonly sent: JSONRPCMessage[] = [];

  override send(message: JSONRPCMessage): Promise<void> {
    this.sent.push(message);
    return super.send(message);
  }
}

export interface V2AgentOptions {
  readonly args?: readonly string[];
  /** `auto` sends `server/discover` first. */
  readonly mode?: 'auto' | { readonly pin: string };
  readonly capabilities?: NonNullable<ClientOptions['capabilities']>;
  /** Sets handlers before the client connects. */
  readonly prepare?: (client: Client) => void;
}

/** The official client, version 2, with its own hub that watches `directory`. The caller calls `connect`. */
export function createV2Agent(
  directory: string,
  { args = [], mode = 'auto', capabilities = {}, prepare }: V2AgentOptions = {},
) {
  const client = new Client(
    { name: 'v2-agent', version: '2.0.0' },
    { capabilities, versionNegotiation: { mode } },
  );
  prepare?.(client);
  const server = {
    command: process.execPath,
    args: [BIN, 'hub', '--instances-dir', directory, ...args],
    stderr: 'ignore' as const,
  };
  const inPlace = new InPlaceTransport(server);
  afterTest(() => client.close());
  return {
    client,
    /** The methods it sent, in order, if it connected in place. */
    sent: () => inPlace.sent.flatMap((each) => ('method' in each ? [each.method] : [])),
    connectInPlace: () => client.connect(inPlace),
    /** As agents do: probes a separate hub process. */
    connect: () => client.connect(new StdioClientTransport(server)),
  };
}

/** The text of a tool result. */
export function textOfResult({ content }: CallToolResult): string {
  return content.map((each) => (each.type === 'text' ? each.text : '')).join('');
}
