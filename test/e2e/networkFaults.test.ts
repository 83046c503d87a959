import { networkFaults } from './networkFaults.ts'
import { playNetworkFaults } from './playNetworkFaults.ts'

playNetworkFaults(networkFaults.filter(({ long }) => !long))
