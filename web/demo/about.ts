import './styles/site.css'
import './styles/about.css'
import { startSite } from './site/startSite.ts'

startSite()
