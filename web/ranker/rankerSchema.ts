/** In valibot's place where the ranker is built and tested. */
export * from './moreSchema.ts'
export * from './smallSchema.ts'
