import type { ItemDetails } from '../../index.ts'
import type { PosterFilm } from '../poster/posterFor.ts'

/** What a poster needs, out of an item's details; other catalogues than films do without genres. */
export function filmOf(id: string, details: ItemDetails | undefined): PosterFilm {
  const genres = details?.attributes?.genre ?? details?.attributes?.genres ?? []
  return { id, title: details?.title ?? '', genres, ...(details?.year && { year: details.year }) }
}

/** Where the page of a film is. */
export function filmLink(id: string): string {
  return `film?id=${encodeURIComponent(id)}`
}

/** "1994 · Crime, Drama" */
export function factsOf({ year, genres }: PosterFilm): string {
  return [year, genres.join(', ')].filter(Boolean).join(' · ')
}
