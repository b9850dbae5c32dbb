import { fromCallback } from 'xstate';
import type { LinkCommand, LinkInput, LinkReport } from '../../machines/binding-setup.ts';
import type { Failure } from '../../machines/model.ts';
import { shown } from '../printable.ts';
import { ExchangeError } from '../wire/exchange-error.ts';
import type { Links } from './links.ts';

/**
 * The long-lived actor that owns the link of a binding. `linksOf` gives the links of a session, undefined once the session
 * has ended.
 */
export function createLinkActor(linksOf: (sessionId: string) => Links | undefined) {
  return fromCallback<LinkCommand, LinkInput>(({ input, sendBack, receive }) => {
    const links = linksOf(input.sessionId);
    if (links === undefined) return;
    const report = (event: LinkReport) => sendBack(event);
    // A home is kept, used or not.
    const reportUse = (type: 'link.busy' | 'link.idle') =>
      input.role === 'once' && report({ type });
    let current = 0;
    const link = links.make(input, {
      onLost: (failure) => report({ type: 'link.lost', attempt: current, failure }),
      onBusy: () => reportUse('link.busy'),
      onIdle: () => reportUse('link.idle'),
    });

    receive((command) => {
      switch (command.type) {
        case 'open': {
          const { attempt } = command;
          current = attempt;
          link.open().then(
            () => report({ type: 'link.up', attempt }),
            (error: unknown) => report({ type: 'link.failed', attempt, failure: failureOf(error) }),
          );
          break;
        }
        case 'suspend':
          link.suspend();
          break;
        case 'takeOver':
          links.takeOver(link, command.from);
          break;
        case 'close':
          links.close(input.instanceId, link, command.because);
          break;
      }
    });

    return () => links.close(input.instanceId, link, 'closed');
  });
}

function failureOf(error: unknown): Failure {
  if (error instanceof ExchangeError) return error.failure;
  return {
    code: 'PROTOCOL_ERROR',
    message: shown(error instanceof Error ? error.message : String(error)),
  };
}
