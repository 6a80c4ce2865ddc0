package provider

import (
	"context"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// Person is somebody who is signing in: what they said was proven so far.
type Person struct {
	kernel.Actor
	// Methods are how (RFC 8176 §2): pwd, otp, hwk, fed, and mfa for more than one factor.
	Methods []string
	// Browser names the browser that they use, for what is given to it alone.
	Browser string
	// Strong says that whoever wants them signed in asks for a second factor.
	Strong bool
	// Via is the id under which Upstreams know the sign-in at another provider, "" for one
	// with what Terrace knows.
	Via string
	// At is when they proved it, where another provider has said who they are; zero for one
	// that does not say when.
	At time.Time
}

// Elsewhere reports whether another provider has said who they are: it answers for how.
func (p Person) Elsewhere() bool { return slices.Contains(p.Methods, "fed") }

// HasProven reports whether they have proven more than one factor, or another provider
// answers for them.
func (p Person) HasProven() bool {
	return p.Elsewhere() || SignIn{Methods: p.Methods}.Level() == LevelStrong
}

// StepForm is what a step shows.
type StepForm struct {
	Title string
	// Body is the inside of a form, which has its button already.
	Body template.HTML
	// Script runs in the page; most steps have none.
	Script template.JS
	// Images says that there are images in Body, each in its own address (RFC 2397).
	Images bool
}

// Step is something that a person does to sign in after the first proof: a one-time
// password, a passkey. Several are asked in their order.
type Step interface {
	// Name is in the step's address: lower-case letters.
	Name() string
	// Needed reports whether the person has to, given how they proved who they are.
	Needed(ctx context.Context, p Person) (bool, error)
	// Show returns what to ask; form is what was sent and not taken, nil at first.
	Show(ctx context.Context, p Person, form url.Values) (StepForm, error)
	// Take checks what was sent, and returns the methods that it proves. The error is
	// Unauthenticated for what is wrong, and Locked for too many.
	Take(ctx context.Context, p Person, form url.Values) (methods []string, err error)
}

// PasskeyAsk is what a page asks the keys of a browser.
type PasskeyAsk struct {
	// Options are those of the Web Authentication API, as JSON.
	Options string
	// Challenge comes back with the answer.
	Challenge string
}

// Passkeys sign people in who name nobody: the key says who they are.
type Passkeys interface {
	// Ask returns what to ask a browser; ok is false where browsers have no keys for the
	// address of this Terrace.
	Ask(ctx context.Context, browser string) (ask PasskeyAsk, ok bool, err error)
	// Take returns whom an answer proves. The error is Unauthenticated for one that proves
	// nobody.
	Take(ctx context.Context, browser, challenge, answer string) (Person, error)
}

// Upstream is another provider that can sign people in.
type Upstream struct {
	// Label is on its button: Sign in with Label.
	Label string
	// Begin is the path where signing in with it begins; the ticket is added to it.
	Begin string
}

// Upstreams knows other providers. Whoever comes back from one goes on with
// providerapi's SignedIn.
type Upstreams interface {
	Offered(ctx context.Context, tenant string) ([]Upstream, error)
	// Any reports whether any tenant has one.
	Any(ctx context.Context) (bool, error)
	// TenantOf returns whose people have addresses of a domain, "" where that is not sure.
	TenantOf(ctx context.Context, domain string) (string, error)
	// SignedOut tells that a browser was signed out that had come by via, and returns where
	// it goes to be signed out there, too, before it goes to next; "" for nowhere.
	SignedOut(ctx context.Context, via, next string) (string, error)
}

// Ticket is what a browser carries from page to page while somebody signs in, sealed:
// what they came for, and since when.
type Ticket struct {
	// Query is that of the authorization request, or of a sign-out.
	Query string `json:"q,omitempty"`
	// Next is the page to go to where there is no authorization request.
	Next string `json:"n,omitempty"`
	// Asked is when it began.
	Asked time.Time `json:"a"`
	// Back is the origin that the browser is sent to in the end.
	Back string `json:"b,omitempty"`
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
}

// Came returns what a ticket is for.
func (s *Service) Came(ctx context.Context, ticket string) (Came, error) {
	t, err := s.OpenTicket(ctx, ticket)
	if err != nil {
		return Came{}, err
	}
	c := Came{Tenant: t.Tenant, MaxAge: t.Fresh}
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

// Begin keeps that a browser is signed in, and returns its cookie. It is a new one
// each time: the one that the browser had before, former, is worth nothing any more.
// What clients were given goes on where it was the same person.
func (s *Service) Begin(ctx context.Context, p Person, former string) (cookie string, err error) {
	cookie = NewSecret(prefixCookie)
	n := SignIn{
		ID: kernel.NewID("sgn"), Tenant: p.Tenant, UserID: p.ID, Hash: kernel.HashOf(cookie),
		Methods: p.Methods, Via: p.Via, At: p.At, ExpiresAt: s.Clock.Now().Add(SignInLife),
	}
	return cookie, s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.lasts(ctx, n.Via); err != nil { // it may have ended on the way
			return err
		}
		if err := s.Store.AddSignIn(ctx, n); err != nil {
			return err
		}
		if err := s.replace(ctx, former, n); err != nil {
			return err
		}
		return s.record(kernel.WithActor(ctx, p.Actor), p.Tenant, "session.opened", n.ID,
			map[string]any{"user": p.Name, "name": "browser", "expiresAt": n.ExpiresAt})
	})
}

// replace ends the sign-in that another follows in the same browser.
func (s *Service) replace(ctx context.Context, former string, n SignIn) error {
	old, err := s.InBrowser(ctx, former)
	switch {
	case kernel.Is(err, kernel.Unauthenticated):
		return nil
	case err != nil:
		return err
	case old.UserID != n.UserID:
		return s.SignOut(ctx, old)
	}
	if err := s.Store.MoveSessions(ctx, old.ID, n.ID); err != nil {
		return err
	}
	_, err = s.Store.EndSignIn(ctx, old.ID, s.Clock.Now())
	return err
}

func nobody() error { return kernel.Errorf(kernel.Unauthenticated, "nobody is signed in") }

// InBrowser returns the sign-in of the browser with a cookie, whether whose it is may work
// at present or not: it can be ended. The error is Unauthenticated for none.
func (s *Service) InBrowser(ctx context.Context, cookie string) (SignIn, error) {
	if cookie == "" {
		return SignIn{}, nobody()
	}
	n, err := s.Store.SignInByHash(ctx, kernel.HashOf(cookie))
	if kernel.Is(err, kernel.NotFound) || err == nil && !n.holds(s.Clock.Now()) {
		return SignIn{}, nobody()
	}
	return n, err
}

// SignedIn returns who is signed in in the browser with a cookie; the error is
// Unauthenticated for nobody, and for somebody of whom the tenant asks more by now than
// they have proven.
func (s *Service) SignedIn(ctx context.Context, cookie string) (SignIn, Person, error) {
	n, err := s.InBrowser(ctx, cookie)
	if err != nil {
		return SignIn{}, Person{}, err
	}
	actor, err := s.Users.Acting(ctx, n.Tenant, n.UserID)
	if kernel.Is(err, kernel.NotFound) || kernel.Is(err, kernel.Unauthenticated) {
		return SignIn{}, Person{}, nobody()
	}
	p := Person{Actor: actor, Methods: n.Methods, Via: n.Via}
	if err != nil {
		return n, p, err
	}
	lacks, err := s.Lacks(ctx, p)
	if err == nil && lacks {
		return SignIn{}, Person{}, nobody()
	}
	return n, p, err
}

// Lacks reports whether the tenant asks somebody for a second factor who has proven none.
// A policy that is set later counts for who is signed in, too.
func (s *Service) Lacks(ctx context.Context, p Person) (bool, error) {
	if s.Factors == nil || p.Kind != kernel.ActorUser || p.HasProven() {
		return false, nil
	}
	return s.Factors.Requires(ctx, p.Actor)
}

// SignOut ends a browser's sign-in, and with it every session that it gave to clients
// that stay signed in no longer than it.
func (s *Service) SignOut(ctx context.Context, n SignIn) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error { return s.endSignIn(ctx, n, EndedBySignOut) })
}

func (s *Service) endSignIn(ctx context.Context, n SignIn, why string) error {
	sessions, err := s.Store.SessionsOf(ctx, n.ID, "")
	if err != nil {
		return err
	}
	if err := s.endBrowser(ctx, n, why); err != nil {
		return err
	}
	return s.endAll(ctx, sessions, why)
}

// endBrowser ends a browser's sign-in and leaves what it gave to clients.
func (s *Service) endBrowser(ctx context.Context, n SignIn, why string) error {
	ended, err := s.Store.EndSignIn(ctx, n.ID, s.Clock.Now())
	if err != nil || !ended {
		return err
	}
	return s.record(ctx, n.Tenant, "session.ended", n.ID, map[string]any{"user": s.NameOf(ctx, n.Tenant, n.UserID), "client": "browser", "why": why})
}

// Consented reports whether a person let a client have all of the scopes before.
func (s *Service) Consented(ctx context.Context, tenant, user, client string, scopes []string) (bool, error) {
	had, err := s.Store.Consent(ctx, tenant, user, client)
	if err != nil {
		return false, err
	}
	return containsAll(had, scopes), nil
}

// Allow keeps that a person lets a client have scopes.
func (s *Service) Allow(ctx context.Context, p Person, client Client, scopes []string) error {
	return s.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.Store.PutConsent(ctx, p.Tenant, p.ID, client.ID, scopes, s.Clock.Now()); err != nil {
			return err
		}
		return s.record(kernel.WithActor(ctx, p.Actor), p.Tenant, "client.allowed", client.ID, map[string]any{"name": client.Name, "scopes": scopes})
	})
}
