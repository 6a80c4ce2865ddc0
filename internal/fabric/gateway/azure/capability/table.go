package capability

// Names of kinds. Those of policies are their rooms', which this one does not link.
const (
	Route          = "Route"
	RateLimit      = "RateLimitPolicy"
	ClientLimit    = "ClientRateLimitPolicy"
	Concurrency    = "ConcurrencyPolicy"
	Authentication = "AuthenticationPolicy"
	Cors           = "CorsPolicy"
	Headers        = "HeaderPolicy"
	Access         = "AccessPolicy"
	Waf            = "WafPolicy"
	Cache          = "CachePolicy"
	Validation     = "ValidationPolicy"
)

func exact(kind, by string, fields ...string) []Capability {
	out := make([]Capability, 0, len(fields))
	for _, f := range fields {
		out = append(out, Capability{Kind: kind, Field: f, How: Exact, By: by})
	}
	return out
}

func about(kind, by, field, says string) Capability {
	return Capability{Kind: kind, Field: field, How: Approximate, By: by, Says: says}
}

func refused(kind, field, says string) Capability {
	return Capability{Kind: kind, Field: field, How: Refused, Says: says}
}

func routeCapabilities() []Capability {
	const k = Route
	out := exact(k, agw, "hosts")
	out = append(out, exact(k, apim, "rules[].name",
		"rules[].matches[].path.type", "rules[].matches[].path.value", "rules[].matches[].method",
		"rules[].matches[].headers[].name", "rules[].matches[].headers[].type", "rules[].matches[].headers[].value",
		"rules[].matches[].queryParams[].name", "rules[].matches[].queryParams[].type", "rules[].matches[].queryParams[].value",
		"rules[].requestHeaders.set[].name", "rules[].requestHeaders.set[].value", "rules[].requestHeaders.add[].name", "rules[].requestHeaders.add[].value", "rules[].requestHeaders.remove",
		"rules[].responseHeaders.set[].name", "rules[].responseHeaders.set[].value", "rules[].responseHeaders.add[].name", "rules[].responseHeaders.add[].value", "rules[].responseHeaders.remove",
		"rules[].rewrite.host", "rules[].rewrite.fullPath", "rules[].rewrite.prefix",
		"rules[].redirect.scheme", "rules[].redirect.host", "rules[].redirect.port", "rules[].redirect.fullPath", "rules[].redirect.prefix", "rules[].redirect.status",
		"rules[].backends[].service", "rules[].backends[].weight", "rules[].backends[].protocol",
	)...)
	return append(out,
		about(k, apim, "rules[].backends[].port", "a number is the port that is called; a name is the ingress's own, 443, or 80 for http"),
		about(k, apim, "rules[].timeouts.request", "in whole seconds, up to 240, and for each attempt"),
		about(k, apim, "rules[].timeouts.backend", "in whole seconds, up to 240"),
		refused(k, "rules[].timeouts.idle", "API Management ends connections that rest after four minutes, and that cannot be set"),
		about(k, apim, "rules[].retry.codes", "whatever the method of the request is: name codes for services that may be asked twice"),
		about(k, apim, "rules[].retry.attempts", "connections that break are not asked again"),
		about(k, apim, "rules[].retry.backoff", "in whole seconds, without chance"),
		refused(k, "rules[].retry.budgetPercent", "API Management has no budget for what is asked again"),
		refused(k, "rules[].session", "API Management keeps no client with an instance"),
		about(k, apim, "rules[].backends[].healthCheck", "it asks nobody: instances are left out by the readiness probes of the cluster"),
		refused(k, "rules[].backends[].outliers", "API Management sees the service, not its instances: use breaker"),
		about(k, apim, "rules[].backends[].breaker.errorPercent", "answers from 500 to 599 are failures"),
		about(k, apim, "rules[].backends[].breaker.window", "in whole seconds"),
		about(k, apim, "rules[].backends[].breaker.openFor", "in whole seconds"),
		about(k, apim, "rules[].backends[].breaker.minRequests", "a share of fewer requests opens it, too"),
		about(k, apim, "rules[].backends[].breaker.probes", "all requests are let through again at once"),
		refused(k, "rules[].backends[].limits", "API Management bounds routes, not services: use a ConcurrencyPolicy"),
		refused(k, "rules[].backends[].slowStart", "API Management sees the service, not its instances"),
		refused(k, "rules[].backends[].tls", "API Management checks certificates by the authorities that the service trusts, and shows none of Terrace's"),
	)
}

func limitCapabilities() []Capability {
	var out []Capability
	for _, k := range []string{RateLimit, ClientLimit} {
		out = append(out, exact(k, apim, "limits[].name", "limits[].methods", "limits[].costs", "limits[].statuses", "hideHeaders")...)
		out = append(out,
			about(k, apim, "limits[].key", "of IPv6 clients the whole address counts, not its network"),
			about(k, apim, "limits[].count", "bytes are counted in whole KB, in windows of at least 5m"),
			about(k, apim, "limits[].windows[].limit", "counted by API Management itself, in each region for itself, not in Redis; answers have no RateLimit headers"),
			about(k, apim, "limits[].windows[].per", "a sliding window up to 5m, above it one that starts over, whose 429 comes without the seconds to wait"),
			about(k, apim, "limits[].windows[].burst", "the whole limit may come at once, never more"),
		)
	}
	const k = Concurrency
	return append(append(out, exact(k, apim, "maxTargetBytes")...),
		about(k, apim, "maxBodyBytes", "only what the request says of its length is looked at"),
		refused(k, "maxHeadBytes", "Azure bounds heads by itself"),
		about(k, apim, "route.limit", "counted in each unit for itself; who is turned away gets 429"),
		about(k, apim, "route.queue", "nobody waits"),
		about(k, apim, "route.wait", "nobody waits"),
		about(k, apim, "caller.limit", "counted in each unit for itself"),
		about(k, apim, "caller.header", "counted in each unit for itself"),
		refused(k, "adaptive", "API Management does not find a bound by itself"),
		about(k, apim, "retryAfter", "who is turned away is not told how long to wait"),
	)
}

func signInCapabilities() []Capability {
	const k = Authentication
	out := exact(k, apim, "required", "forwardCredential", "providers[].name", "claimsToHeaders[].claim", "claimsToHeaders[].header",
		"providers[].jwt.issuers[].issuer", "providers[].jwt.audiences", "providers[].jwt.algorithms", "providers[].jwt.clockSkew", "providers[].jwt.types",
		"providers[].jwt.requiredClaims[].name", "providers[].jwt.requiredClaims[].values",
		"providers[].jwt.from[].header", "providers[].jwt.from[].scheme", "providers[].jwt.consumerClaim",
		"providers[].apiKey.header", "providers[].apiKey.query", "providers[].apiKey.prefix", "providers[].apiKey.keys[].name", "providers[].apiKey.keys[].sha256")
	return append(out,
		refused(k, "providers[].jwt.issuers[].jwksUrl", "API Management finds keys by the discovery of the issuer alone"),
		refused(k, "providers[].jwt.from[].cookie", "API Management takes tokens from headers"),
		about(k, apim, "providers[].jwt.scopeClaim", "nothing on Azure asks for scopes yet: demand them by requiredClaims"),
		refused(k, "providers[].apiKey.keys[].secret", "a key's value would stand in API Management: give its sha256"),
		about(k, apim, "providers[].apiKey.keys[].scopes", "nothing on Azure asks for scopes yet"),
		refused(k, "providers[].apiKey.products", "subscriptions are kept by Terrace, and API Management does not see them"),
		refused(k, "providers[].oidc", "API Management has no sessions for browsers: sign people in in the application, or in front of it"),
		refused(k, "providers[].mtls", "TLS ends at the application gateway, which asks for no certificate of clients"),
	)
}

func headerCapabilities() []Capability {
	out := exact(Cors, apim, "origins", "methods", "headers", "exposeHeaders", "credentials", "maxAge")
	out = append(out, exact(Headers, apim,
		"strictTransportSecurity.maxAge", "strictTransportSecurity.includeSubDomains", "strictTransportSecurity.preload",
		"contentSecurityPolicy", "contentSecurityPolicyReportOnly", "frameOptions", "referrerPolicy", "permissionsPolicy", "noSniff",
		"crossOriginOpenerPolicy", "crossOriginEmbedderPolicy", "crossOriginResourcePolicy", "keepOwn",
		"request.set", "request.add", "request.remove", "response.set", "response.add", "response.remove")...)
	out = append(out, exact(Access, waf, "allow", "deny")...)
	return append(out, refused(Access, "trustedProxies", "the application gateway stands first, and takes the address of the connection for the client's"))
}

func firewallCapabilities() []Capability {
	const k = Waf
	out := exact(k, waf, "mode", "methods", "body.beyond")
	return append(out,
		about(k, waf, "paranoiaLevel", "1 is Microsoft_DefaultRuleSet 2.2, 2 is OWASP 3.2, both made from older versions of the Core Rule Set"),
		about(k, waf, "body.limit", "in whole KB, from 8 KB to 2000 KB"),
		refused(k, "body.contentTypes", "Azure chooses by itself which bodies it inspects"),
		about(k, waf, "body.concurrency", "Azure scales by itself"),
		refused(k, "response", "Azure's firewall judges no answers"),
		about(k, waf, "inboundThreshold", "it is 5, as here"),
		about(k, waf, "exclusions[].rules", "the rule has to be in Azure's rule set"),
		about(k, waf, "exclusions[].targets", "what is excluded is left out of the values alone"),
		refused(k, "exclusions[].tags", "Azure names rules by their ids: give rules"),
		refused(k, "exclusions[].pathPrefix", "an exclusion holds for all paths of a policy: give the route with the path a policy of its own"),
		refused(k, "rules", "Azure's firewall reads no SecLang"),
	)
}

func cacheCapabilities() []Capability {
	const k = Cache
	out := exact(k, redis, "key.headers")
	return append(out,
		about(k, redis, "", "Vary of answers is not looked at, so name the headers that count in key.headers; clients are told not to keep what is stored, and lead nobody past it"),
		about(k, redis, "key.query.include", "the other parameters do reach the service"),
		about(k, redis, "setCookie", "strip keeps cookies from the client whose answer is stored, too"),
		about(k, redis, "ttl.default", "in whole seconds, for answers with 200 alone"),
		about(k, redis, "ttl.max", "in whole seconds"),
		about(k, redis, "maxObject", "the largest answer is Azure's own bound, 2 MB"),
		about(k, redis, "memory", "it is that of the Redis"),
		about(k, redis, "collapse", "equal requests at once may each reach the service"),
		about(k, redis, "bypass.headers", "such answers are not taken from the cache; they may be stored"),
		about(k, redis, "requestDirectives", "it is ignore: no client leads past the cache"),
		refused(k, "ttl.statuses", "API Management stores answers with 200 alone"),
		refused(k, "ttl.override", "API Management stores what the answer lets it store"),
		about(k, redis, "heuristic", "answers that do not say how long they are good are not stored"),
		refused(k, "methods", "API Management stores answers to GET, and gives them to GET alone"),
		refused(k, "key.query.exclude", "name the parameters that count, with key.query.include"),
		refused(k, "key.query.sort", "the order of parameters does not count, and that cannot be set"),
		refused(k, "key.cookies", "API Management parts answers by headers and parameters"),
		refused(k, "key.consumer", "API Management knows developers, not consumers of documents"),
		refused(k, "bypass.cookies", "API Management parts answers by headers and parameters"),
		refused(k, "bypass.paths", "give the route with the path a policy of its own"),
		refused(k, "stale", "API Management uses no old answers"),
		refused(k, "targets", "API Management looks at Cache-Control"),
		refused(k, "showTags", "API Management knows no tags: nothing of its cache is purged by them"),
	)
}

func validationCapabilities() []Capability {
	const k = Validation
	out := exact(k, apim, "apis[].api", "apis[].version", "apis[].prefix", "unknownOperations")
	return append(out,
		about(k, apim, "", "the bodies of JSON and the parameters are validated, by API Management's own reading of the document; what lies outside of the prefix is answered with 404"),
		about(k, apim, "requests", "what is refused gets API Management's own words"),
		about(k, apim, "maxBodyBytes", "in whole KB, up to 4 MB"),
		about(k, apim, "responses", "what does not fit is told in API Management's own trace"),
		refused(k, "unknownFields", "API Management takes it from additionalProperties in the document alone"),
		refused(k, "apis[].header", "an API of API Management is found by its path"),
	)
}
