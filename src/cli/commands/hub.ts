import { hubCommand } from '../command.ts';
import { runHub } from '../hub.ts';

export const hub = hubCommand({
  name: 'hub',
  usage: 'hub [OPTIONS]',
  does: 'the MCP stdio server that an agent starts (also: signalbox --mcp)',
  options: {},
  run: async (config) => {
    // Only MCP messages may go to stdout, even if a library logs while it is loaded.
    console.log = console.info = console.debug = console.error;
    return runHub(config);
  },
});
