package product

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// What a product can be, and who is offered it.
const (
	Draft     = "draft"
	Published = "published"

	// ForProject offers a product to who works in its project, ForTenant to everybody
	// of the tenant.
	ForProject = "project"
	ForTenant  = "tenant"
)

// Spec is what a product's document says.
type Spec struct {
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	// Terms are what a consumer agrees to by subscribing.
	Terms string `json:"terms,omitempty"`
	// State is Draft unless said. Nobody subscribes to a draft, and its keys open nothing.
	State string `json:"state,omitempty"`
	// Visibility is ForProject unless said.
	Visibility string `json:"visibility,omitempty"`
	// Routes are the names of the routes of a stage that it opens, APIs those whose
	// routes it opens: routes that a ValidationPolicy holds against one of them.
	Routes []string `json:"routes,omitempty"`
	APIs   []API    `json:"apis,omitempty"`
	Plans  []Plan   `json:"plans"`
}

// API is a version of an API of the project.
type API struct {
	API     string `json:"api"`
	Version string `json:"version"`
}

// Plan is how much of a product a subscription has.
type Plan struct {
	Name        string `json:"name"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	// Approval has somebody approve each subscription.
	Approval bool `json:"approval,omitempty"`
	// MaxSubscriptions is how many a consumer may have, 0 for any number.
	MaxSubscriptions int `json:"maxSubscriptions,omitempty"`
	// Scopes are what its keys are proven to have, for authorisation.
	Scopes     []string    `json:"scopes,omitempty"`
	RateLimits []RateLimit `json:"rateLimits,omitempty"`
	Quotas     []Quota     `json:"quotas,omitempty"`
}

// RateLimit lets so many calls come Per time, Burst of them at once.
type RateLimit struct {
	Calls int64           `json:"calls"`
	Per   kernel.Duration `json:"per"`
	Burst int64           `json:"burst,omitempty"`
}

// Quota is how many calls, or bytes of bodies both ways, a period of the calendar has.
type Quota struct {
	Calls int64  `json:"calls,omitempty"`
	Bytes int64  `json:"bytes,omitempty"`
	Per   Period `json:"per"`
	// Soft only tells that it is used up.
	Soft bool `json:"soft,omitempty"`
}

// Product is a product of a stage, or of every stage of a project.
type Product struct {
	Scope     kernel.Scope `json:"-"`
	Name      string       `json:"name"`
	Spec      Spec         `json:"spec"`
	Owner     string       `json:"owner,omitempty" doc:"Who keeps the product as it is, such as git/SOURCE; nothing is nobody."`
	UpdatedAt time.Time    `json:"updatedAt"`
}

// Plan returns a plan by its name.
func (p Product) Plan(name string) (Plan, bool) {
	i := slices.IndexFunc(p.Spec.Plans, func(of Plan) bool { return of.Name == name })
	if i < 0 {
		return Plan{}, false
	}
	return p.Spec.Plans[i], true
}

// limits is the spec of a RateLimitPolicy that has a plan's rate limits, counted for each
// subscription.
func (p Plan) limits() json.RawMessage {
	type window struct {
		Limit int64           `json:"limit"`
		Per   kernel.Duration `json:"per"`
		Burst int64           `json:"burst,omitempty"`
	}
	windows := make([]window, 0, len(p.RateLimits))
	for _, l := range p.RateLimits {
		windows = append(windows, window{l.Calls, l.Per, l.Burst})
	}
	out, err := json.Marshal(map[string]any{"limits": []map[string]any{{"name": p.Name, "key": []string{"claim:subscription"}, "windows": windows}}})
	if err != nil {
		return nil
	}
	return out
}
