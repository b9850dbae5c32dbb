import { type DrivenHub, when } from './driven-hub.ts';

/**
 * Waits until at each peer as many sockets are open as its instance and the links to it may hold: an active instance
 * has a stream, and one socket each for requests and pings; so has every link, and links stand only while it is active.
 */
export async function expectSockets(driven: DrivenHub): Promise<void> {
  for (const [id, peer] of driven.peers) {
    const bounds = () => {
      const value = driven.instanceValue(id) ?? 'removed';
      const isOpening = ['connecting', 'retrying.attempting', 'dead.probing'].includes(value);
      if (!value.startsWith('active')) return [0, isOpening ? 1 : 0] as const;
      const ready = driven.agents.filter((agent) =>
        driven.bindingValue(agent.id, id)?.startsWith('bound.ready'),
      );
      return [1 + ready.length, 3 + 3 * driven.agents.length] as const;
    };
    await when(
      () => {
        const [least, most] = bounds();
        return peer.sockets >= least && peer.sockets <= most;
      },
      () =>
        `${bounds().join(' to ')} sockets of ${id}, which is ${driven.instanceValue(id)}; there are ${peer.sockets}`,
    );
  }
}
