import { fromCallback } from 'xstate';
import type { Failure } from '../../machines/model.ts';
import type { LeftBecause, LinkCommand, LinkReport } from '../../machines/session-setup.ts';
import type { HubErrorCode } from '../errors.ts';
import { shown } from '../printable.ts';
import { ExchangeError } from '../wire/exchange-error.ts';
import type { SessionLinks } from './session-links.ts';

const LEFT: Record<'asked' | NonNullable<LeftBecause>, readonly [HubErrorCode, string]> = {
  asked: ['CALL_ABANDONED', 'the session left the instance'],
  refused: ['INSTANCE_REFUSED', 'the instance refused the session'],
  gone: ['INSTANCE_GONE', 'the instance is gone'],
  dead: ['INSTANCE_NOT_ACTIVE', 'the instance is dead'],
};

/**
 * The long-lived actor that owns a session's bound link. `linksOf` gives the links of a session, undefined once it has
 * ended.
 */
export function createLinkActor(linksOf: (sessionId: string) => SessionLinks | undefined) {
  return fromCallback<LinkCommand, { readonly id: string }>(
    ({ input: { id }, sendBack, receive }) => {
      const report = (event: LinkReport) => sendBack(event);
      let current = 0;
      const lost = (failure: Failure) => report({ type: 'link.lost', attempt: current, failure });

      receive((command) => {
        const links = linksOf(id);
        switch (command.type) {
          case 'open': {
            const { attempt, instanceId } = command;
            current = attempt;
            links
              ?.bind(instanceId, lost)
              .open()
              .then(
                () => report({ type: 'link.up', attempt }),
                (error: unknown) =>
                  report({ type: 'link.failed', attempt, failure: failureOf(error) }),
              );
            break;
          }
          case 'move':
            links?.move(command.from, command.to, lost);
            break;
          case 'suspend':
            links?.bind(command.instanceId, lost).suspend();
            break;
          case 'close':
            void links?.unbind(...LEFT[command.because ?? 'asked']);
            break;
        }
      });

      return () => void linksOf(id)?.unbind('HUB_STOPPING', 'the session has ended');
    },
  );
}

function failureOf(error: unknown): Failure {
  if (error instanceof ExchangeError) return error.failure;
  return {
    code: 'PROTOCOL_ERROR',
    message: shown(error instanceof Error ? error.message : String(error)),
  };
}
