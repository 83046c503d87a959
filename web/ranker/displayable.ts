import type { ItemDetails } from '../../shared/domain/catalogue.ts'
import { safeUrl } from '../../shared/domain/safeUrl.ts'

// The page checks again against its own address, with its own protocol; here only hosts are compared.
const ANY_PAGE = 'http://page.invalid/'

/** Details without links and images that lead to hosts that the manifest does not name. */
export function displayable(details: ItemDetails, origins: readonly string[]): ItemDetails {
  const allowed = (url: string | undefined) => url !== undefined && safeUrl(url, ANY_PAGE, origins) !== null
  const { link, image, ...rest } = details
  return {
    ...rest,
    ...(link !== undefined && allowed(link) && { link }),
    ...(image !== undefined && allowed(image) && { image }),
  }
}
