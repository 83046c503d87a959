import { splitRecord } from '../csvRecord.ts'
import { type Files, kept, quoted } from './movieLensFiles.ts'

/** Readers' tags that are genres, and what they are called here; the others say where a book stands, or that it is owned. */
const GENRES = new Map(
  `art biography business children classics comics contemporary crime cookbooks dystopian=dystopia dystopia fantasy
  graphic-novels history historical-fiction horror humor manga memoir mystery nonfiction non-fiction=nonfiction
  paranormal philosophy poetry psychology religion romance science science-fiction sci-fi=science-fiction self-help
  short-stories spirituality sports suspense thriller travel young-adult ya=young-adult childrens=children
  children-s=children kids=children humour=humor chick-lit drama adventure`
    .split(/\s+/)
    .map((word) => {
      const [tag, genre = tag] = word.split('=')
      return [tag!, genre!.replaceAll('-', ' ')]
    }),
)
/** At most so many genres a book, each with at least this share of the votes of its first. */
const MAX_GENRES = 4
const MIN_SHARE = 0.1

/**
 * goodbooks-10k: ratings as they are; books with year, image and genres, which are the readers' tags that name one, most votes
 * first. There are no times; "sorted by time" holds for the file as a whole only and is not used.
 */
export function goodbooksFiles(files: Files): Files {
  const genres = genresByBook(files)
  const [header, ...books] = recordsOf(files.get('books.csv'))
  const column = (name: string) => header!.indexOf(name)
  const [id, goodreads, title, author, year, image] = [
    'book_id',
    'goodreads_book_id',
    'title',
    'authors',
    'original_publication_year',
    'image_url',
  ].map(column) as [number, number, number, number, number, number]
  const rows = books.map((book) => {
    const published = Number.parseInt(book[year] ?? '', 10)
    // The first author: illustrators and translators follow.
    const writer = book[author]?.split(',')[0]?.trim() ?? ''
    const own = genres.get(book[goodreads]!) ?? []
    return [
      book[id]!,
      book[title]!,
      Number.isNaN(published) ? '' : String(published),
      writer,
      own.join('|'),
      book[image] ?? '',
    ]
  })
  const text = [['item', 'title', 'year', 'author', 'genres', 'image'], ...rows]
    .map((cells) => cells.map(quoted).join(','))
    .join('\n')
  return new Map([
    ['ratings.csv', files.get('ratings.csv')!],
    ['items.csv', new TextEncoder().encode(`${text}\n`)],
    ...kept(files, 'README.md', 'LICENSE'),
  ])
}

function genresByBook(files: Files): Map<string, readonly string[]> {
  const names = new Map(recordsOf(files.get('tags.csv')).map(([tag, name]) => [tag!, GENRES.get(name!)]))
  const votes = new Map<string, Map<string, number>>()
  for (const [book, tag, count] of recordsOf(files.get('book_tags.csv')).slice(1)) {
    const genre = names.get(tag!)
    if (genre === undefined) continue
    const own = votes.get(book!) ?? new Map<string, number>()
    own.set(genre, (own.get(genre) ?? 0) + Number(count))
    votes.set(book!, own)
  }
  return new Map(
    Array.from(votes, ([book, own]) => {
      const ranked = [...own].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      const least = MIN_SHARE * ranked[0]![1]
      return [
        book,
        ranked
          .filter(([, n]) => n >= least)
          .slice(0, MAX_GENRES)
          .map(([genre]) => genre),
      ]
    }),
  )
}

/** These files have no line breaks inside a field. */
function recordsOf(file: Uint8Array | undefined): string[][] {
  return new TextDecoder()
    .decode(file)
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .map((line) => splitRecord(line, ','))
}
