package provider

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// Ticket is what a browser carries from page to page while somebody signs in, sealed:
// what they came for, and since when.
type Ticket struct {
	// Query is that of the authorization request, or of a sign-out.
	Query string `json:"q,omitempty"`
	// Next is the page to go to where there is no authorization request.
	Next string `json:"n,omitempty"`
	// Asked is when it began.
	Asked time.Time `json:"a"`
	// Tenant is the one to sign in to, "" for the one that is chosen.
	Tenant string `json:"w,omitempty"`
	// Strong says that they have to prove more than one factor.
	Strong bool `json:"s,omitempty"`
	// Fresh is how long ago they may have signed in for Next, 0 for any time.
	Fresh time.Duration `json:"f,omitempty"`
	// Unsure says that they signed in with a provider that does not say when they proved
	// there who they are, which is asked for.
	Unsure bool `json:"e,omitempty"`
	// Half is who has proven themselves in part.
	Half *Half `json:"h,omitempty"`
}

// Came is what somebody came to sign in for, as far as another provider is told.
type Came struct {
	// Tenant is the one to sign in to, "" for any.
	Tenant string
	// Prompt is login where a sign-in there before does not do, select_account where
	// another account is wanted, else "".
	Prompt string
	// Hint is whom the program expects.
	Hint string
	// MaxAge is how long ago they may have proven there who they are, 0 for any time.
	MaxAge time.Duration
	// Strong says that they have to prove more than one factor.
	Strong bool
}

// Came returns what a ticket is for.
func (s *Service) Came(ctx context.Context, ticket string) (Came, error) {
	t, err := s.OpenTicket(ctx, ticket)
	if err != nil {
		return Came{}, err
	}
	c := Came{Tenant: t.Tenant, MaxAge: t.Fresh, Strong: t.Strong}
	values, err := url.ParseQuery(t.Query)
	if err != nil {
		return c, nil //nolint:nilerr // a request that is not readable asks for nothing
	}
	if hint := values.Get("login_hint"); len(hint) <= 254 {
		c.Hint = hint
	}
	prompts := strings.Fields(values.Get("prompt"))
	age, err := time.ParseDuration(values.Get("max_age") + "s")
	if err == nil {
		c.MaxAge = age
	}
	switch {
	case slices.Contains(prompts, "login"), err == nil && age < time.Second:
		c.Prompt, c.MaxAge = "login", 0
	case slices.Contains(prompts, "select_account"):
		c.Prompt = "select_account"
	}
	return c, nil
}

// Half is somebody who has yet to do a step.
type Half struct {
	Tenant  string    `json:"t"`
	UserID  string    `json:"u"`
	Methods []string  `json:"m"`
	Via     string    `json:"v,omitempty"`
	At      time.Time `json:"a"`
	// Browser is the hash of its cookie: in another one it is worth nothing.
	Browser string `json:"b"`
}

const ticketUse = "sign-in ticket"

// SealTicket returns a ticket as text.
func (s *Service) SealTicket(ctx context.Context, t Ticket) (string, error) {
	return seal.Word(ctx, s.Sealer, ticketUse, t)
}

// OpenTicket returns what SealTicket was given; the error is Invalid for any other text
// and for one that is too old.
func (s *Service) OpenTicket(ctx context.Context, text string) (Ticket, error) {
	var t Ticket
	if !seal.OpenWord(ctx, s.Sealer, ticketUse, text, &t) {
		return Ticket{}, oldTicket()
	}
	if age := s.Clock.Now().Sub(t.Asked); age < -leeway || age > TicketLife {
		return Ticket{}, oldTicket()
	}
	return t, nil
}

func oldTicket() error {
	return kernel.Errorf(kernel.Invalid, "this page has been open for too long").WithFix("go back to where you came from and begin again")
}
