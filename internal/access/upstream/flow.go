package upstream

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/seal"
)

// flowLife is how long somebody may take at an upstream.
const flowLife = 15 * time.Minute

// anyAge is what is asked for where any time will do.
const anyAge = 30 * 24 * time.Hour

// maxCookie is the longest value that browsers keep, with room for its name.
const maxCookie = 3800

// flow is what a browser carries, sealed, while somebody is at an upstream. Without it an
// answer is worth nothing: it was meant for another browser.
type flow struct {
	Upstream string `json:"u"`
	Ticket   string `json:"t,omitempty"`
	// State is the hash of what the upstream gives back.
	State    string    `json:"s"`
	Nonce    string    `json:"n"`
	Verifier string    `json:"v"`
	Began    time.Time `json:"b"`
	// Link is whose user an account is linked to, and SignIn the browser's sign-in, where
	// this is for that.
	Link   string `json:"l,omitempty"`
	SignIn string `json:"i,omitempty"`
}

// Beginning says what somebody goes to an upstream for.
type Beginning struct {
	Tenant, Name string
	// Ticket is what they came for, where they sign in.
	Ticket string
	// Prompt and Hint are passed on (OpenID Connect Core §3.1.2.1).
	Prompt, Hint string
	// Strong says that they have to prove two factors.
	Strong bool
	// MaxAge is how long ago they may have proven there who they are, 0 for any time.
	MaxAge time.Duration
	// Link is the id of the user to link an account to, and SignIn that of the browser's
	// sign-in.
	Link, SignIn string
}

// Begun is a sign-in at an upstream that has begun.
type Begun struct {
	// Location is where the browser goes.
	Location string
	// Key names the cookie, and Cookie is what is in it.
	Key, Cookie string
}

// enabled returns an upstream that is on. That one is off is told as if there were none.
func (s *Service) enabled(ctx context.Context, tenant, name string) (Upstream, error) {
	u, err := s.Store.Upstream(ctx, tenant, name)
	if kernel.Is(err, kernel.NotFound) || err == nil && !u.Enabled {
		return Upstream{}, kernel.Errorf(kernel.NotFound, "nobody signs in with %s here", name).WithFix("go back, and choose another way to sign in")
	}
	return u, err
}

// Begin sends somebody to an upstream.
func (s *Service) Begin(ctx context.Context, b Beginning) (Begun, error) {
	u, err := s.enabled(ctx, b.Tenant, b.Name)
	if err != nil {
		return Begun{}, err
	}
	p, err := s.at(ctx, u)
	if err != nil {
		return Begun{}, err
	}
	state := random()
	f := flow{
		Upstream: u.ID, Ticket: b.Ticket, State: kernel.HashOf(state), Nonce: random(), Verifier: oauth2.GenerateVerifier(),
		Began: s.Clock.Now(), Link: b.Link, SignIn: b.SignIn,
	}
	cookie, err := seal.Word(ctx, s.Sealer, flowUse, f)
	if err != nil {
		return Begun{}, err
	}
	if len(cookie) > maxCookie {
		return Begun{}, kernel.Errorf(kernel.TooLarge, "the program that you come from asks for more than can be carried along").WithFix("sign in with a password, or ask for a shorter request of that program")
	}
	options := []oauth2.AuthCodeOption{oidc.Nonce(f.Nonce), oauth2.S256ChallengeOption(f.Verifier)}
	if b.Prompt == "select_account" && len(p.Prompts) > 0 && !slices.Contains(p.Prompts, b.Prompt) {
		b.Prompt = "" // it is only a wish
	}
	// An upstream that is asked for an age says the time (OpenID Connect Core §2).
	age := strconv.Itoa(int(cmp.Or(b.MaxAge, anyAge).Seconds()))
	class := ""
	if b.Strong {
		class = u.classes()
	}
	for name, value := range map[string]string{"prompt": b.Prompt, "login_hint": b.Hint, "max_age": age, "acr_values": class} {
		if value != "" {
			options = append(options, oauth2.SetAuthURLParam(name, value))
		}
	}
	return Begun{Location: s.oauth(u, p, "").AuthCodeURL(state, options...), Key: Key(state), Cookie: cookie}, nil
}

// Key names the cookie of a state, so that several tabs do not take each other's.
func Key(state string) string { return kernel.HashOf("cookie of " + state)[:12] }

func random() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails, see crypto/rand
	return base64.RawURLEncoding.EncodeToString(raw)
}

// What is sealed for browsers.
const (
	flowUse   = "upstream flow"
	offerUse  = "upstream link"
	returnUse = "upstream sign-out"
)

// Answer is what came back from an upstream.
type Answer struct {
	Tenant, Name string
	Query        url.Values
	// Cookie is what the browser carried.
	Cookie string
}

// foreign refuses an answer that this browser did not ask for.
func foreign() error {
	return kernel.Errorf(kernel.Denied, "this answer belongs to another sign-in").WithFix("go back to where you came from and begin again")
}

// received checks that an answer is one to what this browser was sent for, and takes it
// once.
func (s *Service) received(ctx context.Context, a Answer) (Upstream, flow, error) {
	var f flow
	state := a.Query.Get("state")
	if state == "" || len(a.Query["state"]) != 1 || !seal.OpenWord(ctx, s.Sealer, flowUse, a.Cookie, &f) ||
		subtle.ConstantTimeCompare([]byte(f.State), []byte(kernel.HashOf(state))) != 1 {
		return Upstream{}, flow{}, foreign()
	}
	now := s.Clock.Now()
	if age := now.Sub(f.Began); age < -ahead || age > flowLife {
		return Upstream{}, flow{}, kernel.Errorf(kernel.Denied, "this sign-in has taken too long").WithFix("go back to where you came from and begin again")
	}
	u, err := s.enabled(ctx, a.Tenant, a.Name)
	if err != nil {
		return Upstream{}, flow{}, err
	}
	if u.ID != f.Upstream {
		return Upstream{}, flow{}, foreign()
	}
	if err := s.Store.Spend(ctx, f.State, now.Add(flowLife+ahead)); kernel.Is(err, kernel.Conflict) {
		return Upstream{}, flow{}, kernel.Errorf(kernel.Denied, "this answer was taken already").WithFix("go back to where you came from and begin again")
	} else if err != nil {
		return Upstream{}, flow{}, err
	}
	return u, f, nil
}
