/** Files by name without folder. */
export type Files = ReadonlyMap<string, Uint8Array>

const encoder = new TextEncoder()
/** u.item and movies.dat are older than UTF-8. */
const latin1 = new TextDecoder('windows-1252')

/** MovieLens latest and 20M: CSV with a header already. */
export function movieLensCsvFiles(files: Files): Files {
  return files
}

/** MovieLens 1M: `UserID::MovieID::Rating::Timestamp` and `MovieID::Title (Year)::Genre|Genre`, titles in Latin-1. */
export function movieLens1mFiles(files: Files): Files {
  const ratings = latin1.decode(files.get('ratings.dat')).trim().replaceAll('::', ',')
  const movies = linesOf(files.get('movies.dat')).map((line) => line.split('::'))
  return new Map([
    ['ratings.csv', encoder.encode(`user,item,rating,timestamp\n${ratings}\n`)],
    ['items.csv', itemsCsv(movies.map(([id = '', title = '', genres = '']) => [id, title, genres]))],
    ...kept(files, 'README'),
  ])
}

/** MovieLens 100k: u.data by tabs; u.item by bars, with a column of 0 or 1 for each line of u.genre. */
export function movieLens100kFiles(files: Files): Files {
  const ratings = latin1.decode(files.get('u.data')).trim().replaceAll('\t', ',')
  const genres = linesOf(files.get('u.genre')).map((line) => line.split('|')[0]!)
  const movies = linesOf(files.get('u.item')).map((line) => {
    const cells = line.split('|')
    const flags = cells.slice(-genres.length)
    const own = genres.filter((genre, g) => flags[g] === '1' && genre !== 'unknown')
    return [cells[0]!, cells[1] ?? '', own.join('|')] as const
  })
  return new Map([
    ['ratings.csv', encoder.encode(`user,item,rating,timestamp\n${ratings}\n`)],
    ['items.csv', itemsCsv(movies)],
    ...kept(files, 'README'),
  ])
}

function itemsCsv(rows: readonly (readonly [id: string, title: string, genres: string])[]): Uint8Array {
  return encoder.encode(
    `${['item,title,genres', ...rows.map((cells) => cells.map(quoted).join(','))].join('\n')}\n`,
  )
}

/** A field of a CSV file. */
export function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** The publisher's terms stay beside the data. */
export function kept(files: Files, ...names: string[]): [string, Uint8Array][] {
  return names.flatMap((name) => {
    const file = files.get(name)
    return file ? [[name, file] as [string, Uint8Array]] : []
  })
}

function linesOf(file: Uint8Array | undefined): string[] {
  return latin1
    .decode(file)
    .split(/\r?\n/)
    .filter((line) => line !== '')
}
