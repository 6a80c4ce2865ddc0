package provider

import (
	"context"
	"html/template"
	"net/url"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
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

// Elsewhere reports whether another provider has said who they are.
func (p Person) Elsewhere() bool { return slices.Contains(p.Methods, "fed") }

// HasProven reports whether they have proven more than one factor. Another provider answers
// for them, unless two factors are asked for and it does not say that there were.
func (p Person) HasProven() bool {
	return p.Elsewhere() && !p.Strong || SignIn{Methods: p.Methods}.Level() == LevelStrong
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
