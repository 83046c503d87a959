import { ForYouError } from '../../shared/domain/errors.ts'
import { type DataRules, dataRules } from '../dataRules.ts'
import type { Dataset } from '../dataset.ts'
import { assessQuality } from '../quality/assessQuality.ts'
import type { DataQuality, RuleResult } from '../quality/dataQuality.ts'
import { limitWords } from '../quality/factLines.ts'
import type { Io } from './command.ts'
import { brokenLines } from './qualityText.ts'

/**
 * The checks of `foryou validate`, before training: warnings are said, a broken rule that fails refuses.
 * @param allowed go on all the same, and say what was allowed
 * @throws ForYouError `bad_data`, naming each broken rule with the first lines at fault
 */
export function checkData(
  dataset: Dataset,
  rules: DataRules | undefined,
  io: Io,
  allowed: boolean,
): DataQuality {
  const quality = assessQuality(dataset, rules ?? dataRules(), io.now())
  const say = (result: RuleResult) =>
    [`${result.rule}: ${result.text}; ${limitWords(result)}`, ...brokenLines(quality, result.rule)].join('\n')
  const broken = quality.rules.filter((result) => result.broken)
  const failed = broken.filter(({ severity }) => severity === 'fail')
  if (failed.length > 0 && !allowed) {
    throw new ForYouError(
      'bad_data',
      `${dataset.name} is not fit to train on.\n${failed.map((result) => `  ${say(result)}`).join('\n')}`,
      {
        hint: 'Repair the data, set other limits under data.rules of foryou.config.json, or go on with --allow-bad. "foryou validate" shows everything.',
      },
    )
  }
  for (const result of broken)
    io.note(`  ${result.severity === 'fail' ? 'allowed' : 'warning'}: ${say(result)}`)
  return quality
}
