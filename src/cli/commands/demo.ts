import { flag } from '../../config/option.ts';
import { command } from '../command.ts';

export const demo = command({
  name: 'demo',
  usage: 'demo [--inspect]',
  does: 'shows the main features with real instances in half a minute',
  options: {
    inspect: flag("serve the hub's page, and keep killing and restarting a server until Ctrl-C"),
  },
  run: async ({ options: { inspect } }) => {
    const print = (line: string) => void process.stdout.write(`${line}\n`);
    return (await import('../demo.ts')).runDemo(print, inspect);
  },
});

/** A server of the demo; not useful on its own. */
export const demoInstance = command({
  name: 'demo-instance',
  usage: 'demo-instance NAME DIR',
  does: 'one of the servers of the demo',
  operand: { name: 'NAME', help: null },
  options: {},
  run: async ({ operands: [name = '', directory = ''] }) =>
    (await import('../demo-instance.ts')).runDemoInstance(name, directory),
});
