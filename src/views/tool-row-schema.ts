import * as z from 'zod';

/** A tool as its instance describes it. */
export const toolRowSchema = z.looseObject({ name: z.string() });

export type ToolRow = Readonly<z.infer<typeof toolRowSchema>>;
