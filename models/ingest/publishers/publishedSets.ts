import { goodbooksFiles } from './goodbooksFiles.ts'
import { type Files, movieLens1mFiles, movieLens100kFiles, movieLensCsvFiles } from './movieLensFiles.ts'

/** A data set that its publisher gives away but that may not be passed on: fetched from there, on request. */
export interface PublishedSet {
  readonly name: string
  readonly url: string
  /** Length of the archive, where it is known; else what it may have at most. */
  readonly bytes?: number
  readonly maxBytes?: number
  readonly sha256: string
  /** Terms of use, in a sentence, and where they stand. */
  readonly licence: string
  /** Files of the archive, by name without folder, that are unpacked. */
  readonly needs: readonly string[]
  /** What is written into the data set's folder, made of them. */
  convert(files: Files): Files
}

const MOVIELENS_TERMS =
  'MovieLens, GroupLens Research, University of Minnesota: for research; not for commercial use or to be passed on without permission. See the README beside the data.'

/**
 * Lengths and hashes of the MovieLens archives are those of TensorFlow Datasets (url_checksums/movielens.txt of
 * github.com/tensorflow/datasets); the one of goodbooks-10k is that of Ludwig (ludwig/datasets/configs/goodbooks_books.yaml of
 * github.com/ludwig-ai/ludwig), whose length is not recorded.
 */
export const PUBLISHED_SETS: readonly PublishedSet[] = [
  {
    name: 'ml-latest-small',
    url: 'https://files.grouplens.org/datasets/movielens/ml-latest-small.zip',
    bytes: 978_202,
    sha256: '696d65a3dfceac7c45750ad32df2c259311949efec81f0f144fdfb91ebc9e436',
    licence: MOVIELENS_TERMS,
    needs: ['ratings.csv', 'movies.csv', 'README.txt'],
    convert: movieLensCsvFiles,
  },
  {
    name: 'ml-100k',
    url: 'https://files.grouplens.org/datasets/movielens/ml-100k.zip',
    bytes: 4_924_029,
    sha256: '50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229',
    licence: MOVIELENS_TERMS,
    needs: ['u.data', 'u.item', 'u.genre', 'README'],
    convert: movieLens100kFiles,
  },
  {
    name: 'ml-1m',
    url: 'https://files.grouplens.org/datasets/movielens/ml-1m.zip',
    bytes: 5_917_549,
    sha256: 'a6898adb50b9ca05aa231689da44c217cb524e7ebd39d264c56e2832f2c54e20',
    licence: MOVIELENS_TERMS,
    needs: ['ratings.dat', 'movies.dat', 'README'],
    convert: movieLens1mFiles,
  },
  {
    name: 'ml-20m',
    url: 'https://files.grouplens.org/datasets/movielens/ml-20m.zip',
    bytes: 198_702_078,
    sha256: '96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3',
    licence: MOVIELENS_TERMS,
    needs: ['ratings.csv', 'movies.csv', 'README.txt'],
    convert: movieLensCsvFiles,
  },
  {
    name: 'goodbooks-10k',
    url: 'https://github.com/zygmuntz/goodbooks-10k/releases/download/v1.0/goodbooks-10k.zip',
    maxBytes: 200_000_000,
    sha256: '261b97b56db61f3fb2ce5aadbb13704d30179fcc986c17ace665a0af9ed00731',
    licence:
      'goodbooks-10k by Zygmunt Zając, CC BY-SA 4.0: name the source, pass it on under the same terms. github.com/zygmuntz/goodbooks-10k',
    needs: ['ratings.csv', 'books.csv', 'tags.csv', 'book_tags.csv', 'README.md', 'LICENSE'],
    convert: goodbooksFiles,
  },
]
