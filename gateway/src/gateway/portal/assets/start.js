// Opens the API reference. A file of its own, so that the page needs no inline script.
Scalar.createApiReference('#reference', {
  url: '/openapi.json',
  withDefaultFonts: false,
  authentication: { preferredSecurityScheme: 'oauth2' },
  telemetry: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: 'never',
  hiddenClients: { c: true, clojure: true, objc: true, ocaml: true, powershell: true, r: true },
  defaultOpenAllTags: false,
  metaData: { title: 'Motcua API' },
})
