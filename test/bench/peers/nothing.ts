/** In the place of what a peer would only load for something that is not measured. */
export {}
