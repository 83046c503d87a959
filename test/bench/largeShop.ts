import { type Dataset, makeDataset } from '../../models/dataset.ts'
import { ColumnBuilder } from '../../models/interactionColumns.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings } from '../../models/settings.ts'
import { DAY_MS } from '../../shared/domain/clock.ts'

const END = Date.UTC(2026, 5, 30)
const DAYS = 60
const CLUSTER = 250
const VISITS = 8
const TIMED = defaultSettings('time')

/**
 * A shop with many items, for measuring sizes and speed, not quality: visitors keep to a few clusters of 250 items each,
 * of which some are much wanted. All draws are seeded.
 */
export function largeShop(items: number, visitors = items / 4): Dataset {
  const random = seededRandom(5)
  const draw = (n: number) => Math.floor(random() * n)
  const catalogue = Array.from({ length: items }, (_, i) => ({
    id: `p${String(i).padStart(6, '0')}`,
    title: `Article ${i} of range ${Math.floor(i / CLUSTER)}`,
    link: `/article/${i}`,
    image: `/images/${i}.jpg`,
    price: 1 + draw(20_000) / 100,
    year: 2000 + draw(26),
    attributes: { brand: [`Brand ${draw(800)}`], category: [`Category ${Math.floor(i / CLUSTER) % 60}`] },
  }))
  const rows = new ColumnBuilder(visitors * VISITS * 3)
  const clusters = Math.ceil(items / CLUSTER)
  for (let v = 0; v < visitors; v++) {
    const user = rows.userCode(`v${v}`)
    const own = Array.from({ length: 3 }, () => Math.floor(random() ** 1.5 * clusters))
    let at = END - Math.ceil(random() * DAYS * DAY_MS)
    for (let n = 0; n < VISITS * 3 && at < END; n++) {
      const item = own[draw(own.length)]! * CLUSTER + Math.floor(random() ** 1.5 * CLUSTER)
      if (item < items) rows.add(user, rows.itemCode(catalogue[item]!.id), at, Number.NaN, true)
      at += draw(n % 3 === 2 ? 5 * DAY_MS : 600_000)
    }
  }
  const ingest = { files: [], rows: rows.length, used: rows.length, rejected: {}, examples: [], notes: [] }
  return makeDataset({
    name: 'large shop',
    synthetic: true,
    order: 'time',
    catalogue,
    interactions: rows.columns(),
    ingest,
  })
}

/** Trained quickly: few slates are enough where quality does not matter. */
export const QUICK = { ...TIMED, replayDays: 2, maxSlates: 5000, ranker: { ...TIMED.ranker, epochs: 2 } }
