import type { InstanceContext } from '../../machines/instance-setup.ts';
import type { ToolRow } from './tool-row-schema.ts';

/** The tools of an instance, as it last listed them. Without a name, a tool can't be called: it is left out. */
export function toolRows({ catalogue }: InstanceContext): ToolRow[] {
  return (catalogue?.tools ?? []).flatMap((tool) => {
    const { name } = tool;
    return typeof name === 'string' ? [{ ...tool, name }] : [];
  });
}
