import { describe, expect, it } from '@jest/globals';
import { charts } from '../../src/drawing/charts.ts';
import { mermaid } from '../../src/drawing/mermaid.ts';
import * as plainPost from '../fixtures/plain-post.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { startAgent } from '../helpers/hub-process.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

async function agentBesideOne() {
  const directory = temporaryDirectory();
  const server = await plainPost.start();
  afterTest(server.close);
  const file = register(directory, { id: 'one', port: server.port });
  return { ...(await startAgent(directory)), server, file };
}

describe('the resources of the hub', () => {
  it('are listed with their types and can be read', async () => {
    const { client } = await agentBesideOne();
    const { resources } = await client.listResources();
    expect(resources.map(({ uri, mimeType }) => [uri, mimeType])).toEqual([
      ['signalbox://instances', 'application/json'],
      ['signalbox://instances/one', 'application/json'],
      ['signalbox://statecharts/hub', 'text/vnd.mermaid'],
      ['signalbox://statecharts/instance', 'text/vnd.mermaid'],
      ['signalbox://statecharts/session', 'text/vnd.mermaid'],
      ['signalbox://statecharts/binding', 'text/vnd.mermaid'],
    ]);
    for (const { uri, mimeType } of resources) {
      const { contents } = await client.readResource({ uri });
      expect(contents).toEqual([{ uri, mimeType, text: expect.any(String) }]);
    }
  });

  it.each([...charts])('contain the current chart of a %s', async (name, machine) => {
    const { client } = await agentBesideOne();
    const { contents } = await client.readResource({ uri: `signalbox://statecharts/${name}` });
    expect(contents[0]).toMatchObject({ text: mermaid(machine) });
  });

  it.each([
    'signalbox://statecharts/',
    'signalbox://statecharts/train',
    'signalbox://statecharts/hub/x',
    'signalbox://instances/nobody',
    'signalbox://',
  ])('do not contain %s', async (uri) => {
    const { client } = await agentBesideOne();
    await expect(client.readResource({ uri })).rejects.toMatchObject({
      code: -32002,
      data: { uri },
    });
  });
});
