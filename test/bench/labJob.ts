// One job of `bench -- lab` in a process of its own: `lists FILE` or `generated ROWS ITEMS`. Prints seconds and peak memory.
import { type Dataset, makeDataset } from '../../models/dataset.ts'
import { readLists } from '../../models/ingest/readLists.ts'
import { ColumnBuilder } from '../../models/interactionColumns.ts'
import { chooseListSettings } from '../../models/pipeline/chooseListSettings.ts'
import { seededRandom } from '../../models/random.ts'
import { defaultSettings, NO_FLOORS } from '../../models/settings.ts'
import { tableAndNeighbours } from '../../models/train/tableAndNeighbours.ts'

const [kind, ...rest] = process.argv.slice(2)
const dataset = kind === 'lists' ? await readLists(rest[0]!) : generated(Number(rest[0]), Number(rest[1]))
const base = { ...defaultSettings(dataset.order), floors: NO_FLOORS }
const cpuTime = () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  return (userCPUTime + systemCPUTime) / 1e6
}
const before = cpuTime()
const start = performance.now()
const choice =
  kind === 'lists'
    ? await chooseListSettings(dataset, base, (step) => process.stderr.write(`… ${step}\n`))
    : null
const chosen = performance.now()
tableAndNeighbours.train(dataset, { ...base, ...choice }, seededRandom(1))
const end = performance.now()
console.log(
  JSON.stringify({
    search: choice ? (chosen - start) / 1000 : null,
    fit: (end - chosen) / 1000,
    cpu: cpuTime() - before,
    peak: process.resourceUsage().maxRSS * 1024,
  }),
)
// The memory of threads is this process's own, so the peak counts them all.
process.exit()

/** A seeded log: 20 interactions a user, half of them inside one of 100 tastes, items by a long tail. */
function generated(rows: number, items: number): Dataset {
  const random = seededRandom(7)
  const builder = new ColumnBuilder()
  for (let r = 0; r < rows; r++) {
    const user = Math.floor(r / 20)
    const tail = Math.floor(items * random() ** 3)
    const item = random() < 0.5 ? tail - (tail % 100) + (user % 100) : tail
    const known = Math.min(items - 1, item)
    builder.add(builder.userCode(`u${user}`), builder.itemCode(`i${known}`), r * 1000, Number.NaN, true)
  }
  const ingest = { files: [], rows, used: rows, rejected: {}, examples: [], notes: [] }
  return makeDataset({
    name: 'generated',
    order: 'time',
    catalogue: [],
    interactions: builder.columns(),
    ingest,
  })
}
