/** What a visitor may allow, each on its own. */
export interface Consent {
  /** Keep the history on this device and rank from it. */
  readonly personalise: boolean
  /** Send anonymous counts. */
  readonly measure: boolean
  /** Let visits count towards popularity. */
  readonly popularity: boolean
}

/** How a site starts: `required` (nothing stored or sent until the visitor agrees), `granted` or `denied`. */
export type ConsentStart = 'required' | 'granted' | 'denied'
export type Persist = 'local' | 'session' | 'none'

/**
 * The consent in force at the start. Global Privacy Control turns measuring and popularity off, whatever the site says
 * (W3C Global Privacy Control).
 */
export function startingConsent(start: ConsentStart, globalPrivacyControl: boolean): Consent {
  const granted = start === 'granted'
  return withPrivacySignal(
    { personalise: granted, measure: granted, popularity: granted },
    globalPrivacyControl,
  )
}

export function withPrivacySignal(consent: Consent, globalPrivacyControl: boolean): Consent {
  return globalPrivacyControl ? { ...consent, measure: false, popularity: false } : consent
}
