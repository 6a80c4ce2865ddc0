package azure

// Value is what the modules take. Its shape is that of their variables.
type Value struct {
	APIManagement APIManagement `json:"api_management"`
	// Sites are what the application gateway has in front of it, by name.
	Sites map[string]Site `json:"sites"`
}

// APIManagement are inputs of the module api-management.
type APIManagement struct {
	APIs     map[string]API     `json:"apis"`
	Backends map[string]Backend `json:"backends"`
	Products map[string]Product `json:"products"`
}

// API is all that one host answers.
type API struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"display_name"`
	Path        string   `json:"path"`
	Protocols   []string `json:"protocols"`
	// SubscriptionRequired is false: a host's routes differ in it, and each has its policy.
	SubscriptionRequired bool `json:"subscription_required"`
	// KeyNames are where a key of a subscription is.
	KeyNames KeyNames `json:"subscription_key"`
	// Products are those that open some of the host, by name.
	Products     []string `json:"products,omitempty"`
	ProxyMethods []string `json:"proxy_methods,omitempty"`
	Import       *Import  `json:"import,omitempty"`
	Policy       Policy   `json:"policy"`
}

// KeyNames are a header and a parameter of the query.
type KeyNames struct {
	Header string `json:"header"`
	Query  string `json:"query"`
}

// Product is a plan of a product; who wants a key subscribes at API Management.
type Product struct {
	Name                 string `json:"name"`
	DisplayName          string `json:"display_name"`
	Description          string `json:"description,omitempty"`
	Terms                string `json:"terms,omitempty"`
	Published            bool   `json:"published"`
	SubscriptionRequired bool   `json:"subscription_required"`
	ApprovalRequired     bool   `json:"approval_required"`
	// SubscriptionsLimit is how many one may have, 0 for any number.
	SubscriptionsLimit int `json:"subscriptions_limit"`
	// Groups see it at API Management.
	Groups []string `json:"groups,omitempty"`
	Policy Policy   `json:"policy"`
}

// Import is the OpenAPI document that an API's operations come from.
type Import struct {
	Format string `json:"format"`
	Value  string `json:"value"`
}

// Policy is a policy document of API Management.
type Policy struct {
	XML string `json:"xml"`
}

// Backend is a service that API Management calls.
type Backend struct {
	Name           string          `json:"name"`
	URL            string          `json:"url"`
	Description    string          `json:"description"`
	CircuitBreaker *CircuitBreaker `json:"circuit_breaker,omitempty"`
}

// CircuitBreaker opens when a share of a backend's requests failed; times are as ISO 8601 has them.
type CircuitBreaker struct {
	Percentage   int    `json:"percentage"`
	Interval     string `json:"interval"`
	TripDuration string `json:"trip_duration"`
}

// Site is a host of the application gateway: what it hears there goes to an API, behind a
// firewall policy of its own.
type Site struct {
	Host string `json:"host"`
	// API is the path of the API at API Management.
	API string `json:"api"`
	WAF *WAF   `json:"waf,omitempty"`
	// Paths have firewall policies of their own, by name; those of the lowest order come first.
	Paths map[string]SitePath `json:"paths,omitempty"`
}

// SitePath are paths with a firewall policy that is not their site's.
type SitePath struct {
	Order int      `json:"order"`
	Paths []string `json:"paths"`
	WAF   *WAF     `json:"waf"`
}

// WAF is a firewall policy.
type WAF struct {
	Mode            string                `json:"mode"`
	BodyCheck       bool                  `json:"request_body_check"`
	BodyEnforcement bool                  `json:"request_body_enforcement"`
	MaxBodyKB       int                   `json:"max_request_body_size_in_kb"`
	InspectKB       int                   `json:"request_body_inspect_limit_in_kb"`
	RuleSets        map[string]RuleSet    `json:"rule_sets"`
	Exclusions      []Exclusion           `json:"exclusions,omitempty"`
	CustomRules     map[string]CustomRule `json:"custom_rules,omitempty"`
}

// RuleSet is a managed set of rules with its overrides, by rule group and rule.
type RuleSet struct {
	Version   string                         `json:"version"`
	Overrides map[string]map[string]Override `json:"overrides,omitempty"`
}

// Override turns a rule off.
type Override struct {
	Enabled bool `json:"enabled"`
}

// Exclusion keeps rules from looking at a part of requests.
type Exclusion struct {
	MatchVariable string              `json:"match_variable"`
	Selector      string              `json:"selector"`
	Operator      string              `json:"selector_match_operator"`
	RuleSet       *ExcludedSet        `json:"rule_set,omitempty"`
	Rules         map[string][]string `json:"rules,omitempty"`
}

// ExcludedSet names a rule set.
type ExcludedSet struct {
	Type    string `json:"type"`
	Version string `json:"version"`
}

// CustomRule is judged before the managed rules.
type CustomRule struct {
	Priority   int         `json:"priority"`
	Action     string      `json:"action"`
	Type       string      `json:"type"`
	Duration   string      `json:"rate_limit_duration,omitempty"`
	Threshold  int64       `json:"rate_limit_threshold,omitempty"`
	Conditions []Condition `json:"conditions"`
}

// Condition is one of a custom rule.
type Condition struct {
	Variables []Variable `json:"variables"`
	Operator  string     `json:"operator"`
	Values    []string   `json:"values,omitempty"`
	Negate    bool       `json:"negate,omitempty"`
}

// Variable is a part of a request.
type Variable struct {
	Name     string `json:"name"`
	Selector string `json:"selector,omitempty"`
}
