import { type DrivenHub, when } from './driven-hub.ts';

/**
 * Waits until each peer has at most as many open sockets as its instance and links may hold. An active instance has a stream
 * and one socket each for requests and pings. So has every link, and links exist only while the instance is active.
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
