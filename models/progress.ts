/** How far a step is. */
export interface Count {
  readonly done: number
  readonly of: number
}

/**
 * Says what is being done, and how far it is where that is known. May be called as often as one likes: what is shown, and when,
 * is the business of whoever listens.
 */
export type Progress = (step: string, count?: Count) => void

/** The same listener for one of several things that run side by side. */
export function lane(progress: Progress, name: string): Progress {
  return (step, count) => progress(`${name}: ${step}`, count)
}
