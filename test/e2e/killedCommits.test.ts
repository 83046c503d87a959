import { playKills } from './playKills.ts'

playKills(2, 1, 300_000)
