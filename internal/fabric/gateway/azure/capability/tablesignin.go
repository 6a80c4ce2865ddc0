package capability

func signInCapabilities() []Capability {
	const k = Authentication
	out := exact(k, apim, "required", "forwardCredential", "providers[].name", "claimsToHeaders[].claim", "claimsToHeaders[].header",
		"providers[].jwt.issuers[].issuer", "providers[].jwt.audiences", "providers[].jwt.algorithms", "providers[].jwt.clockSkew", "providers[].jwt.types",
		"providers[].jwt.requiredClaims[].name", "providers[].jwt.requiredClaims[].values",
		"providers[].jwt.from[].header", "providers[].jwt.from[].scheme", "providers[].jwt.consumerClaim", "providers[].jwt.scopeClaim",
		"providers[].apiKey.header", "providers[].apiKey.query", "providers[].apiKey.prefix",
		"providers[].apiKey.keys[].name", "providers[].apiKey.keys[].sha256", "providers[].apiKey.keys[].scopes")
	return append(out,
		refused(k, "providers[].jwt.issuers[].jwksUrl", "API Management finds keys by the discovery of the issuer alone", "leave it out, where the issuer has a discovery document"),
		refused(k, "providers[].jwt.from[].cookie", "API Management takes tokens from headers", "have clients send the token in a header"),
		refused(k, "providers[].apiKey.keys[].secret", "a key's value would stand in API Management", "give its sha256"),
		about(k, apim, "providers[].apiKey.products", "keys are those of API Management's own subscriptions, which it makes and keeps; it takes them from a header and from a parameter, whichever is named (the other is Ocp-Apim-Subscription-Key or subscription-key), and refuses others with its own words, on every route of the host"),
		refused(k, "providers[].oidc", "API Management keeps no sessions of browsers: it has no place for what a sign-in began with, and none to end one", "sign people in in the application, which then sends the token, and take that with jwt"),
		refused(k, "providers[].mtls", "TLS ends at the application gateway: API Management would have to believe a header, and its expressions read only some of the names in a certificate", "use jwt, with tokens for the client's certificate"),
	)
}

func authorizationCapabilities() []Capability {
	const k = Authorization
	out := exact(k, apim, "default", "rules[].methods", "rules[].deny", "rules[].authenticated", "rules[].scopes")
	return append(out,
		about(k, apim, "rules[].paths", aPath),
		about(k, apim, "rules[].pathPrefixes", aPath),
		about(k, apim, "rules[].roles", aClaim),
		about(k, apim, "rules[].claims[].name", aClaim),
		about(k, apim, "rules[].claims[].values", aClaim),
		about(k, apim, "roleClaim", aClaim),
		refused(k, "rego", "API Management runs no Rego, and Terrace has no address that decides for it", "write rules, or decide in the service"),
	)
}

const (
	aPath  = "paths that services may read in two ways are refused: with an encoded slash, backslash or percent sign, a parameter (;), or dots"
	aClaim = "claims are those of tokens, and the token's own: what lies within a claim is not looked at"
)

func productCapabilities() []Capability {
	const k, plan = Product, "plans[]"
	out := exact(k, apim, "title", "terms", "routes", "apis[].api", "apis[].version", plan+".title", plan+".approval", plan+".scopes")
	return append(out,
		exact(k, apim, "state")[0],
		about(k, apim, "visibility", "tenant shows it to all who signed up at API Management, project to its administrators alone"),
		about(k, apim, "description", "with that of the plan up to 1000 characters"),
		about(k, apim, plan+".name", "each plan is a product of API Management, to which people subscribe there: its keys are in no plan and no state"),
		about(k, apim, plan+".description", "with that of the product up to 1000 characters"),
		about(k, apim, plan+".maxSubscriptions", "for each who signed up at API Management; with an approval at most 1000"),
		about(k, apim, plan+".rateLimits[].calls", "counted by API Management itself, in each region for itself, for all requests with the key"),
		about(k, apim, plan+".rateLimits[].per", "a sliding window up to 5m, above it one that starts over"),
		about(k, apim, plan+".rateLimits[].burst", "the whole limit may come at once, never more"),
		about(k, apim, plan+".quotas[].calls", "for all requests with the key; what is used is told by API Management alone"),
		about(k, apim, plan+".quotas[].bytes", "in whole KB"),
		exact(k, apim, plan+".quotas[].per")[0],
		refused(k, plan+".quotas[].soft", "API Management ends requests at a quota, and never only tells", "leave it out, or leave the quota out"),
	)
}

func observeCapabilities() []Capability {
	const t, o = Telemetry, Objective
	return append(exact(t, apim, "baggage"),
		refused(t, "accessLog", "what API Management logs is set once for its whole service, by the landing zone", "set it there"),
		refused(o, "description", noTraffic, alert),
		refused(o, "budgetingMethod", noTraffic, alert),
		refused(o, "timeWindow", noTraffic, alert),
		refused(o, "objectives", noTraffic, alert),
	)
}

const (
	noTraffic = "Terrace does not count what Azure answers, so that a promise could not be held against it"
	alert     = "make an alert on the metrics of API Management, and attach the objective to stages of the gateway alone"
)
