import { networkFaults } from '../e2e/networkFaults.ts'
import { playNetworkFaults } from '../e2e/playNetworkFaults.ts'

playNetworkFaults(networkFaults.filter(({ long }) => long))
