/** Files of other packages that the build gives an address. */
declare module '*?url' {
  const url: string
  export default url
}
