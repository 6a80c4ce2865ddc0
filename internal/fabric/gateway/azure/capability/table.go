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
	Authorization  = "AuthorizationPolicy"
	Telemetry      = "TelemetryPolicy"
	Objective      = "ServiceLevelObjective"
	Product        = "Product"
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

// refused is what is not to be had; do is what to do in its place.
func refused(kind, field, says, do string) Capability {
	return Capability{Kind: kind, Field: field, How: Refused, Says: says, Do: do}
}

func limitCapabilities() []Capability {
	var out []Capability
	counted := map[string]string{
		RateLimit:   "counted by API Management itself, in each region for itself, not in Redis; answers have no RateLimit headers",
		ClientLimit: "requests of an address in 1m or 5m are counted by the firewall, for each host or path with a policy of its own, all others (and these beside a WafPolicy in Detection) by API Management, in each region for itself; answers have no RateLimit headers",
	}
	for _, k := range []string{RateLimit, ClientLimit} {
		out = append(out, exact(k, apim, "limits[].name", "limits[].methods", "limits[].costs", "limits[].statuses", "hideHeaders")...)
		out = append(out,
			about(k, apim, "limits[].key", "of IPv6 clients the whole address counts, not its network"),
			about(k, apim, "limits[].count", "bytes are counted in whole KB, in windows of at least 5m"),
			about(k, apim, "limits[].windows[].limit", counted[k]),
			about(k, apim, "limits[].windows[].per", "a sliding window up to 5m, above it one that starts over, whose 429 comes without the seconds to wait"),
			about(k, apim, "limits[].windows[].burst", "the whole limit may come at once, never more"),
		)
	}
	const k = Concurrency
	return append(append(out, exact(k, apim, "maxTargetBytes")...),
		about(k, apim, "maxBodyBytes", "only what the request says of its length is looked at"),
		refused(k, "maxHeadBytes", "Azure bounds heads by itself", ""),
		about(k, apim, "route.limit", "counted in each unit for itself; who is turned away gets 429"),
		about(k, apim, "route.queue", "nobody waits"),
		about(k, apim, "route.wait", "nobody waits"),
		about(k, apim, "caller.limit", "counted in each unit for itself"),
		about(k, apim, "caller.header", "counted in each unit for itself"),
		refused(k, "adaptive", "API Management does not find a bound by itself", "use route.limit"),
		about(k, apim, "retryAfter", "who is turned away is not told how long to wait"),
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
	return append(out, refused(Access, "trustedProxies", "the application gateway stands first, and takes the address of the connection for the client's", ""))
}

func firewallCapabilities() []Capability {
	const k = Waf
	out := exact(k, waf, "methods")
	return append(out,
		about(k, waf, "mode", "Detection is for all that the firewall judges: an AccessPolicy beside it is refused, and bodies beyond body.limit are let pass"),
		about(k, waf, "body.beyond", "bodies of all types are measured, and in Detection none is refused"),
		about(k, waf, "paranoiaLevel", "1 is Microsoft_DefaultRuleSet 2.2, 2 is OWASP 3.2, both made from older versions of the Core Rule Set"),
		refused(k, "detectionParanoiaLevel", "Azure's firewall counts with the rules that it obeys, never with more of them", "try the level on a stage in Detection"),
		about(k, waf, "body.limit", "in whole KB, from 8 KB to 2000 KB"),
		refused(k, "body.contentTypes", "Azure chooses by itself which bodies it inspects", ""),
		about(k, waf, "body.concurrency", "Azure scales by itself"),
		refused(k, "response", "Azure's firewall judges no answers", "keep what must not leave out of answers in the service"),
		about(k, waf, "inboundThreshold", "it is 5, as here"),
		about(k, waf, "exclusions[].rules", "the rule has to be in Azure's rule set"),
		about(k, waf, "exclusions[].targets", "what is excluded is left out of the values alone"),
		refused(k, "exclusions[].tags", "Azure names rules by their ids", "give rules"),
		refused(k, "exclusions[].pathPrefix", "an exclusion holds for all paths of a policy", "give the route with the path a policy of its own"),
		refused(k, "rules", "Azure's firewall reads no SecLang", "write what it refuses as an AccessPolicy or AuthorizationPolicy, where that says it"),
	)
}

func cacheCapabilities() []Capability {
	const k = Cache
	out := exact(k, redis, "key.headers", "bypass.headers")
	return append(out,
		about(k, redis, "", "answers are not stored that vary by headers which are not in key.headers, that have CDN-Cache-Control, or that say with Expires alone how long they are good; what has Authorization is neither stored nor answered from what is; no-cache and private of all forms store nothing; clients are told not to keep what is stored, and lead nobody past it"),
		about(k, redis, "key.query.include", "the other parameters do reach the service, and a request that has one goes past the cache"),
		about(k, redis, "setCookie", "strip keeps cookies from the client whose answer is stored, too"),
		about(k, redis, "ttl.default", "in whole seconds, for answers with 200 alone"),
		about(k, redis, "ttl.max", "in whole seconds"),
		about(k, redis, "maxObject", "the largest answer is Azure's own bound, 2 MB"),
		about(k, redis, "memory", "it is that of the Redis"),
		about(k, redis, "collapse", "equal requests at once may each reach the service"),
		about(k, redis, "requestDirectives", "it is ignore: no client leads past the cache"),
		refused(k, "ttl.statuses", "API Management stores answers with 200 alone", ""),
		refused(k, "ttl.override", "API Management stores what the answer lets it store", "have the service say Cache-Control"),
		about(k, redis, "heuristic", "answers that do not say how long they are good are not stored"),
		refused(k, "methods", "API Management stores answers to GET, and gives them to GET alone", ""),
		refused(k, "key.query.exclude", "API Management parts answers by parameters that are named", "name those that count, with key.query.include"),
		refused(k, "key.query.sort", "the order of parameters does not count, and that cannot be set", ""),
		refused(k, "key.cookies", "API Management parts answers by headers and parameters", "use key.headers"),
		refused(k, "key.consumer", "API Management knows developers, not consumers of documents", "leave it out: what a known caller is answered is stored for all where the service says public, must-revalidate or s-maxage, and not at all else"),
		refused(k, "bypass.cookies", "API Management parts answers by headers and parameters", "use bypass.headers"),
		refused(k, "bypass.paths", "one policy holds for all paths of a host", "give the paths a host of their own"),
		refused(k, "stale", "API Management uses no old answers", ""),
		refused(k, "targets", "API Management looks at Cache-Control", ""),
		refused(k, "showTags", "API Management knows no tags: nothing of its cache is purged by them", ""),
	)
}

func validationCapabilities() []Capability {
	const k = Validation
	out := exact(k, apim, "apis[].api", "apis[].version", "apis[].prefix", "unknownOperations", "unreadResponses")
	return append(out,
		about(k, apim, "", "the bodies of JSON and the parameters are validated, by API Management's own reading of the document; what lies outside of the prefix is answered with 404"),
		about(k, apim, "requests", "what is refused gets API Management's own words"),
		about(k, apim, "maxBodyBytes", "in whole KB, up to 4 MB"),
		about(k, apim, "responses", "what does not fit is told in API Management's own trace"),
		refused(k, "unknownFields", "API Management takes it from the document alone", "say additionalProperties there"),
		refused(k, "apis[].header", "an API of API Management is found by its path", "give each version a prefix or a host"),
	)
}
