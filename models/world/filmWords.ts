/** Words that titles of invented films are made of, by genre. The order of the genres is their share in the catalogue. */
export const FILM_WORDS = {
  Drama: {
    adjectives: 'Quiet Unspoken Borrowed Tender Distant Ordinary Faithful Unfinished',
    nouns: 'Orchard Inheritance Daughter Confession Winter Harbour Letter Promise Homecoming Garden',
  },
  Comedy: {
    adjectives: 'Slightly_Wrong Accidental Second-Hand Perfectly_Awful Overdue Unlikely Part-Time Cheerful',
    nouns: 'Landlord Wedding Holiday Neighbours Butler Honeymoon Mayor Reunion Detour Casserole',
  },
  Thriller: {
    adjectives: 'Cold Hidden Seventh Double Silent Forged Nameless Final',
    nouns: 'Witness Signal Passenger Alibi Cipher Embassy Courier Threshold Informant Deadline',
  },
  Action: {
    adjectives: 'Iron Rogue Burning Blackout Relentless Thunder Zero Full',
    nouns: 'Convoy Pursuit Strike Bounty Protocol Throttle Vanguard Siege Ricochet Hammer',
  },
  Romance: {
    adjectives: 'Paper Midnight Sunday Moonlit Almost Lavender Forgotten First',
    nouns: 'Waltz Bouquet Summer Postcard Serenade Kiss Ballroom Valentine Tide Affair',
  },
  Crime: {
    adjectives: 'Crooked Velvet Dirty Broken Rusted Honest Two-Faced Marked',
    nouns: 'Ledger Heist Sheriff Dockyard Verdict Syndicate Fence Payroll Precinct Jackpot',
  },
  'Science Fiction': {
    adjectives: 'Orbital Synthetic Ninth Electric Frozen Quantum Lunar Parallel',
    nouns: 'Colony Horizon Android Transmission Engine Eclipse Archive Meridian Voyager Paradox',
  },
  Horror: {
    adjectives: 'Hollow Whispering Crimson Unburied Sleepless Withered Screaming Pale',
    nouns: 'Cellar Nursery Chapel Scarecrow Lullaby Lake Marionette Asylum Crow Attic',
  },
  Adventure: {
    adjectives: 'Lost Uncharted Golden Hidden Brave Sunken Endless Wild',
    nouns: 'Compass Expedition Caravan Island Summit Map Pirate Canyon Temple Current',
  },
  Animation: {
    adjectives: 'Tiny Clumsy Magnificent Upside-Down Sparkling Curious Sleepy Runaway',
    nouns: 'Dragon Hedgehog Balloon Teapot Robot Penguin Lighthouse Snail Circus Cloud',
  },
  Documentary: {
    adjectives: 'Living Inside Vanishing True Common Deep Salt Open',
    nouns: 'River Glacier Newsroom Kitchen Orchestra Bees Railway Reef Workshop Archive',
  },
  Fantasy: {
    adjectives: 'Enchanted Silver Cursed Thorn Ancient Shattered Emerald Winged',
    nouns: 'Crown Witch Forest Oath Mirror Prophecy Tower Sword Raven Kingdom',
  },
} as const satisfies Record<string, { adjectives: string; nouns: string }>

export type Genre = keyof typeof FILM_WORDS
export const GENRES = Object.keys(FILM_WORDS) as readonly Genre[]

export const PLACES =
  'Lisbon Marrow_Creek Saint_Alder Odessa Kyoto Port_Vesper Montreal Ashdown Trieste Valparaíso Cold_Haven Nairobi Bergen Old_Quarter Samarkand Glasgow'
export const NAMES =
  'Clara Mateo Ingrid Samuel Yuki Amara Leopold Noor Greta Tomás Wren Olive Casper Mina Idris Bea'
