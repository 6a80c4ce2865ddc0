package upstream

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/conceal"
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
	if b.Prompt == "select_account" && len(p.Prompts) > 0 && !contains(p.Prompts, b.Prompt) {
		b.Prompt = "" // it is only a wish
	}
	// An upstream that is asked for an age says the time (OpenID Connect Core §2).
	age := strconv.Itoa(int(cmp.Or(b.MaxAge, anyAge).Seconds()))
	for name, value := range map[string]string{"prompt": b.Prompt, "login_hint": b.Hint, "max_age": age} {
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

// proof is what an upstream has proven of somebody.
type proof struct {
	claims  Claims
	subject string // sub
	sid     string
	idToken string
	issued  time.Time
	account Account
}

// authenticated returns when somebody has proven at an upstream who they are (auth_time of
// OpenID Connect Core §2), zero where it does not say. Since clocks differ, who has done so
// no longer than that before they were sent there counts as having done it then.
func authenticated(claims Claims, began, now time.Time) time.Time {
	seconds, err := strconv.ParseFloat(claims.text("auth_time"), 64)
	if err != nil || seconds <= 0 || seconds > float64(now.Add(ahead).Unix()) {
		return time.Time{}
	}
	at := time.Unix(int64(seconds), 0).UTC()
	switch {
	case at.After(now):
		return now
	case at.Before(began) && !at.Before(began.Add(-ahead)):
		return began
	default:
		return at
	}
}

// prove exchanges the code of an answer, and checks what the upstream says for it.
func (s *Service) prove(ctx context.Context, u Upstream, f flow, query url.Values) (proof, error) {
	p, err := s.at(ctx, u)
	if err != nil {
		return proof{}, err
	}
	if err := s.fromIt(u, p, query); err != nil {
		return proof{}, err
	}
	if code := query.Get("error"); code != "" {
		return proof{}, kernel.Errorf(kernel.Denied, "%s did not sign you in: %s", u.Label, plain(code, query.Get("error_description")))
	}
	secret, err := s.secret(ctx, u)
	if err != nil {
		return proof{}, err
	}
	client := oidc.ClientContext(ctx, p.client)
	token, err := s.oauth(u, p, secret).Exchange(client, query.Get("code"), oauth2.VerifierOption(f.Verifier))
	if err != nil {
		return proof{}, refusedBy(u, err, secret, query.Get("code"), f.Verifier)
	}
	raw, _ := token.Extra("id_token").(string)
	out, err := s.checked(ctx, u, p, raw, f.Nonce, token.AccessToken)
	if err != nil {
		return proof{}, err
	}
	if err := s.enrich(client, u, p, secret, token, &out); err != nil {
		return proof{}, err
	}
	out.account, err = u.account(out.claims)
	return out, err
}

// fromIt refuses an answer of another provider (RFC 9207 §2.4).
func (s *Service) fromIt(u Upstream, p *place, query url.Values) error {
	said := query.Get("iss")
	if said == "" && !p.SaysIssuer || said == p.Issuer || u.manyTenants() && u.allowsIssuer(said) {
		return nil
	}
	return kernel.Errorf(kernel.Denied, "this answer is not from %s", u.Label).WithFix("go back to where you came from and begin again")
}

// allowsIssuer reports whether an issuer is that of a tenant of Entra ID whose accounts
// are taken.
func (u Upstream) allowsIssuer(issuer string) bool {
	for _, tid := range u.EntraTenants {
		if issuer == u.issuerOf(tid) {
			return true
		}
	}
	return false
}

// checked verifies an ID token: who signed it, for whom and when it is, and that it is for
// this very sign-in (OpenID Connect Core §3.1.3.7).
func (s *Service) checked(ctx context.Context, u Upstream, p *place, raw, nonce, access string) (proof, error) {
	wrong := func(format string, args ...any) error {
		return kernel.Errorf(kernel.Denied, "what %s says does not hold: %w", u.Label, fmt.Errorf(format, args...)).WithFix("begin again; if it stays, an admin sees more with terrace auth upstream check %s", u.Name)
	}
	if raw == "" {
		return proof{}, wrong("there is no ID token")
	}
	token, err := s.verifier(u, p, false).Verify(ctx, raw)
	if err != nil {
		return proof{}, wrong("%w", err)
	}
	body, err := base64.RawURLEncoding.DecodeString(strings.Split(raw, ".")[1]) // it was verified
	if err != nil {
		return proof{}, wrong("%w", err)
	}
	claims, err := parseClaims(body)
	if err != nil {
		return proof{}, wrong("%w", err)
	}
	switch {
	case token.Nonce == "" || subtle.ConstantTimeCompare([]byte(token.Nonce), []byte(nonce)) != 1:
		return proof{}, wrong("its nonce is that of another sign-in")
	case token.IssuedAt.After(s.Clock.Now().Add(ahead)):
		return proof{}, wrong("it is of a time that has not come")
	case token.Subject == "" || len(token.Subject) > maxValue:
		return proof{}, wrong("it says of nobody")
	case len(token.Audience) > 1 && claims.text("azp") != u.ClientID, claims.text("azp") != "" && claims.text("azp") != u.ClientID:
		return proof{}, wrong("it was given to another client")
	case u.manyTenants() && (!u.allowsIssuer(token.Issuer) || token.Issuer != u.issuerOf(claims.text("tid"))):
		return proof{}, kernel.Errorf(kernel.Denied, "accounts of your organisation are not taken here").WithFix("use an account of an organisation that is, or ask an admin")
	}
	if token.AccessTokenHash != "" {
		if err := token.VerifyAccessToken(access); err != nil {
			return proof{}, wrong("%w", err)
		}
	}
	return proof{claims: claims, subject: token.Subject, sid: claims.text("sid"), idToken: raw, issued: token.IssuedAt}, nil
}

// enrich adds what the ID token does not say: what the userinfo endpoint does, and groups
// that did not fit.
func (s *Service) enrich(client context.Context, u Upstream, p *place, secret string, token *oauth2.Token, out *proof) error {
	if u.UserInfo {
		info, err := p.provider.UserInfo(client, oauth2.StaticTokenSource(token))
		if err != nil {
			return kernel.Errorf(kernel.Unavailable, "%s does not say who you are: %s", u.Label, plain(err.Error(), "", token.AccessToken))
		}
		if info.Subject != out.subject { // OpenID Connect Core §5.3.2
			return kernel.Errorf(kernel.Denied, "%s says two different things of who you are", u.Label)
		}
		var more json.RawMessage
		if err := info.Claims(&more); err != nil {
			return kernel.Errorf(kernel.Unavailable, "%s does not say who you are: %w", u.Label, err)
		}
		claims, err := parseClaims(more)
		if err != nil {
			return err
		}
		out.claims.add(claims)
	}
	if !out.claims.groupsLeftOut() {
		return nil
	}
	groups, err := s.graphGroups(client, u, p, secret, token, out.claims)
	if err != nil {
		return err
	}
	out.claims["groups"] = groups
	return nil
}

// account returns who somebody is at the upstream, if its accounts are taken.
func (u Upstream) account(claims Claims) (Account, error) {
	values := make([]string, len(u.Subject))
	for i, name := range u.Subject {
		if values[i] = claims.text(name); values[i] == "" || len(values[i]) > maxValue {
			return Account{}, kernel.Errorf(kernel.Denied, "%s does not say which account is yours: the claim %s is missing", u.Label, name).WithFix("an admin sets the claims with terrace auth upstream set %s --subject", u.Name)
		}
	}
	a := Account{Subject: subjectKey(u.Subject, values), Name: bound(claims.text(u.NameClaim)), Email: strings.ToLower(bound(claims.text(u.EmailClaim)))}
	// What is said to be verified is the claim email (OpenID Connect Core §5.1), no other one.
	a.Verified = a.Email != "" && u.EmailClaim == claimEmail && (claims.says(claimVerified) || claims.says(claimOwner))
	if len(u.EntraTenants) > 0 && !contains(u.EntraTenants, strings.ToLower(claims.text("tid"))) {
		return Account{}, kernel.Errorf(kernel.Denied, "accounts of your organisation are not taken here").WithFix("use an account of an organisation that is, or ask an admin")
	}
	if len(u.EmailDomains) > 0 && (!a.Verified || !contains(u.EmailDomains, domainOf(a.Email))) {
		return Account{}, kernel.Errorf(kernel.Denied, "%s does not say that you have an address of %s, verified", u.Label, strings.Join(u.EmailDomains, " or ")).
			WithFix("use an account that has one, or ask an admin")
	}
	if a.Name == "" {
		a.Name = a.Email
	}
	return a, nil
}

func contains(words []string, word string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

func domainOf(address string) string {
	local, domain, _ := strings.Cut(address, "@")
	if local == "" || strings.Contains(domain, "@") {
		return ""
	}
	return domain
}

// bound cuts what is only for people.
func bound(text string) string {
	if len(text) > maxValue {
		text = strings.ToValidUTF8(text[:maxValue], "")
	}
	return text
}

// plain is what an upstream says went wrong, for people: its word, and a bounded sentence.
// It may repeat what it was sent, which nobody is told: that is hidden.
func plain(code, description string, hidden ...any) string {
	clean := func(text string, most int) string {
		text = strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, text)
		return strings.ToValidUTF8(text[:min(len(text), most)], "")
	}
	sent := conceal.Of(hidden...)
	code, description = sent.Cut(code, "(secret)"), sent.Cut(description, "(secret)")
	if description = clean(description, 200); description == "" {
		return clean(code, 200)
	}
	return clean(code, 64) + ": " + description
}
