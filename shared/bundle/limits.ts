/** Byte caps that hold before anything is allocated or parsed (trust T8, P3). */
export const MAX_HEAD_BYTES = 16 * 1024
/** Bytes of a rules document, UTF-8. */
export const MAX_RULES_BYTES = 64 * 1024
/** Rules of the site up to this length travel in the head itself, which has to stay below its own cap. */
export const MAX_INLINE_RULES = 4 * 1024
export const MAX_MANIFEST_BYTES = 512 * 1024
export const MAX_OVERLAY_BYTES = 64 * 1024
export const MAX_BLOB_BYTES = 16 * 1024 * 1024
export const MAX_BUNDLE_BYTES = 72 * 1024 * 1024
export const MAX_FILES = 4096
/** Rows a shard holds at the most; shard 0 alone gives the first personal slate. */
export const SHARD_ROWS = 8192
/** Items whose details travel in one blob; groups are fixed so that no request depends on a history. */
export const DETAILS_GROUP = 4096
