/**
 * What the visitor has chosen with a switch of this site: looks for the browser session, a refusal of personal
 * recommendations for good. Nothing is written before a choice is made.
 */
export type Choice = 'personal' | 'theme'

const KEY = 'lanterna.'

function place(choice: Choice): Storage {
  return choice === 'theme' ? sessionStorage : localStorage
}

export function readChoice(choice: Choice): string | null {
  try {
    return place(choice).getItem(KEY + choice)
  } catch {
    return null // storage is off: the choice lasts as long as the page
  }
}

/** @param value `null` forgets the choice */
export function writeChoice(choice: Choice, value: string | null): void {
  try {
    if (value === null) place(choice).removeItem(KEY + choice)
    else place(choice).setItem(KEY + choice, value)
  } catch {
    // storage is off: the choice lasts as long as the page
  }
}
