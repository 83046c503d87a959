/** Rows at fault that are shown for a rule; all of them are counted. */
export const MAX_FAULTS = 5
