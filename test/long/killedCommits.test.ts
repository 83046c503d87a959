import { playKills } from '../e2e/playKills.ts'

playKills(16, 2, 1_500_000)
