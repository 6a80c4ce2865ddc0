package cache

import (
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// document is what a spec may have. What is not there is as read sets it before.
type document struct {
	TTL               ttlDocument       `json:"ttl,omitempty" doc:"How long answers are fresh."`
	Heuristic         heuristicDocument `json:"heuristic,omitempty" doc:"How long answers with Last-Modified alone are fresh."`
	Methods           []string          `json:"methods,omitempty" enum:"GET,HEAD" doc:"The methods that are answered from the cache; GET is always one."`
	Key               keyDocument       `json:"key,omitempty" doc:"What parts answers besides the URL and Vary."`
	Bypass            bypassDocument    `json:"bypass,omitempty" doc:"Requests that pass by the cache."`
	Stale             staleDocument     `json:"stale,omitempty" doc:"How long an old answer is used (RFC 5861)."`
	SetCookie         string            `json:"setCookie,omitempty" enum:"refuse,strip" doc:"What becomes of answers that set cookies: they are not kept, or are kept without them."`
	RequestDirectives string            `json:"requestDirectives,omitempty" enum:"obey,ignore" doc:"Whether clients may lead past the cache with no-cache."`
	Memory            gateway.Size      `json:"memory,omitempty" doc:"What all answers of the policy may take, such as 64Mi."`
	MaxObject         gateway.Size      `json:"maxObject,omitempty" doc:"The largest answer that is kept, such as 512Ki."`
	Collapse          collapseDocument  `json:"collapse,omitempty" doc:"Requests for the same answer at once are one."`
	Targets           []string          `json:"targets,omitempty" doc:"The headers that are a Cache-Control for this gateway alone (RFC 9213)."`
	ShowTags          bool              `json:"showTags,omitempty" doc:"Whether clients see Cache-Tag and Surrogate-Key."`
}

type ttlDocument struct {
	Default  kernel.Duration            `json:"default,omitempty" doc:"How long an answer is fresh that does not say it."`
	Max      kernel.Duration            `json:"max,omitempty" doc:"The longest that is believed."`
	Statuses map[string]kernel.Duration `json:"statuses,omitempty" doc:"The default by status or class, such as 404 or 5xx."`
	Override map[string]kernel.Duration `json:"override,omitempty" doc:"How long by status or class, whatever the answer says."`
}

type heuristicDocument struct {
	Enabled  bool            `json:"enabled,omitempty" doc:"Whether there is such a time; true by default."`
	Fraction float64         `json:"fraction,omitempty" minimum:"0" maximum:"1" doc:"The part of its age that an answer is fresh for."`
	Max      kernel.Duration `json:"max,omitempty" doc:"The longest that it is."`
}

type keyDocument struct {
	Query    queryDocument `json:"query,omitempty" doc:"The parameters that count; others do not reach the service."`
	Headers  []string      `json:"headers,omitempty" doc:"Headers that part answers."`
	Cookies  []string      `json:"cookies,omitempty" doc:"Cookies that part answers."`
	Consumer bool          `json:"consumer,omitempty" doc:"Each consumer has answers of its own."`
}

type queryDocument struct {
	Include []string `json:"include,omitempty" doc:"The only parameters that count."`
	Exclude []string `json:"exclude,omitempty" doc:"The parameters that do not count."`
	Sort    bool     `json:"sort,omitempty" doc:"Their order does not count."`
}

type bypassDocument struct {
	Headers []string `json:"headers,omitempty" doc:"Requests with one of these headers."`
	Cookies []string `json:"cookies,omitempty" doc:"Requests with one of these cookies."`
	Paths   []string `json:"paths,omitempty" doc:"Requests for these paths."`
}

type staleDocument struct {
	WhileRevalidate kernel.Duration `json:"whileRevalidate,omitempty" doc:"While a new one is fetched."`
	IfError         kernel.Duration `json:"ifError,omitempty" doc:"Where the service fails."`
}

type collapseDocument struct {
	Wait kernel.Duration `json:"wait,omitempty" doc:"How long a request waits for the answer to an equal one; 0s is never."`
}
