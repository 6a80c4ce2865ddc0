package capability

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
		"rules[].backends[].service", "rules[].backends[].preserveHost", "rules[].backends[].weight", "rules[].backends[].protocol",
	)...)
	out = append(out,
		about(k, apim, "rules[].backends[].port", aPort),
		about(k, apim, "rules[].backends[].url", "API Management calls it from the landing zone's network, and finds out neither that a name leads inside nor that it leads back"),
		about(k, apim, "rules[].timeouts.request", "in whole seconds, up to 240, and for each attempt"),
		about(k, apim, "rules[].timeouts.backend", "in whole seconds, up to 240"),
		refused(k, "rules[].timeouts.idle", "API Management ends connections that rest after four minutes, and that cannot be set", ""),
		about(k, apim, "rules[].retry.codes", "whatever the method of the request is: name codes for services that may be asked twice"),
		about(k, apim, "rules[].retry.attempts", "connections that break are not asked again"),
		about(k, apim, "rules[].retry.backoff", "in whole seconds, without chance"),
		refused(k, "rules[].retry.budgetPercent", "API Management has no budget for what is asked again", "bound it by attempts"),
		refused(k, "rules[].session", "API Management keeps no client with an instance", "keep the state of sessions in a store"),
		about(k, apim, "rules[].backends[].healthCheck", aProbe),
		refused(k, "rules[].backends[].outliers", "API Management sees the service, not its instances", "use breaker"),
		about(k, apim, "rules[].backends[].breaker.errorPercent", "answers from 500 to 599 are failures"),
		about(k, apim, "rules[].backends[].breaker.window", "in whole seconds"),
		about(k, apim, "rules[].backends[].breaker.openFor", "in whole seconds"),
		about(k, apim, "rules[].backends[].breaker.minRequests", "a share of fewer requests opens it, too"),
		about(k, apim, "rules[].backends[].breaker.probes", "all requests are let through again at once"),
		refused(k, "rules[].backends[].limits", "API Management bounds routes, not services", "use a ConcurrencyPolicy"),
		refused(k, "rules[].backends[].slowStart", "API Management sees the service, not its instances", ""),
	)
	return append(append(out, tlsCapabilities("rules[].backends[].tls")...), mirrorCapabilities()...)
}

const (
	aPort  = "a number is the port that is called; a name is the ingress's own, 443, or 80 for http"
	aProbe = "it asks nobody: instances are left out by the readiness probes of the cluster"
)

func tlsCapabilities(at string) []Capability {
	return []Capability{
		refused(Route, at+".serverName", "API Management asks for the name in the address", "use an address whose name is in the certificate"),
		refused(Route, at+".ca", "API Management trusts the authorities that its service trusts as a whole", "have the certificate signed by one that all trust, or add the authority to the service in the landing zone, and leave it out here"),
		refused(Route, at+".clientCertificate", "API Management has no certificate of Terrace's authority to show", "let the service take the network of API Management, or a header that the rule sets"),
	}
}

func mirrorCapabilities() []Capability {
	const k, at = Route, "rules[].mirrors[]"
	out := exact(k, apim, at+".percent", at+".protocol")
	out = append(out,
		about(k, apim, at+".service", "the copy is sent before the service is asked; how many are under way at once is not bounded, and none is counted"),
		about(k, apim, at+".port", aPort),
		about(k, apim, at+".healthCheck", aProbe),
		refused(k, at+".outliers", "API Management sees the service, not its instances", ""),
		refused(k, at+".breaker", "copies go past the backends of API Management, which have the circuits", "lower percent"),
		refused(k, at+".limits", "API Management bounds no copies", "lower percent"),
		refused(k, at+".slowStart", "API Management sees the service, not its instances", ""),
	)
	return append(out, tlsCapabilities(at+".tls")...)
}
