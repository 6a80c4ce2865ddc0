package upstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// Outcome is how a part of an upstream's configuration does.
type Outcome string

// How a part of an upstream's configuration does.
const (
	Fine    Outcome = "ok"
	Unclear Outcome = "unclear"
	Broken  Outcome = "broken"
)

// Finding is what a check found.
type Finding struct {
	// Part is discovery, keys, redirect, client, scopes, names, groups or people.
	Part    string
	Outcome Outcome
	Message string
	Fix     string
}

// Check asks an upstream, and says what is wrong with its configuration. Nobody is signed
// in.
func (s *Service) Check(ctx context.Context, scope kernel.Scope, name string) ([]Finding, error) {
	if err := s.maySet(ctx, scope); err != nil {
		return nil, err
	}
	u, err := s.Store.Upstream(ctx, scope.Tenant, name)
	if err != nil {
		return nil, err
	}
	p, err := s.ask(ctx, u)
	if err != nil {
		return []Finding{{"discovery", Broken, err.Error(), discoveryFix(u, err)}}, nil
	}
	secret, err := s.secret(ctx, u)
	if lost, ok := errors.AsType[unreadable](err); ok {
		return []Finding{{"client", Broken, "its secret " + u.SecretFrom.Reference + " cannot be read: " + lost.cause.Error(), "whoever may read that secret writes the reference again with terrace auth upstream set " + u.Name + " --secret-file"}}, nil
	}
	if err != nil {
		return nil, err
	}
	return []Finding{
		{"discovery", Fine, "it says of itself what is needed at " + strings.TrimSuffix(u.Issuer, "/") + "/.well-known/openid-configuration", ""},
		s.checkKeys(ctx, p),
		s.checkRedirect(ctx, u, p),
		s.checkClient(ctx, u, p, secret),
		checkScopes(u, p),
		checkNames(u, p),
		checkGroups(u),
		s.checkPeople(u),
	}, nil
}

func discoveryFix(u Upstream, err error) string {
	if _, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return "remove the upstream, and create it with the issuer that it says, to the letter"
	}
	if strings.Contains(err.Error(), "sinkNetworks") {
		return "whoever runs Terrace adds the network to sinkNetworks in its configuration"
	}
	return "open " + strings.TrimSuffix(u.Issuer, "/") + "/.well-known/openid-configuration and compare its issuer"
}

// get calls an address of an upstream.
func (s *Service) get(ctx context.Context, client *http.Client, address string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	return client.Do(r)
}

func (s *Service) checkKeys(ctx context.Context, p *place) Finding {
	broken := func(format string, args ...any) Finding {
		return Finding{"keys", Broken, fmt.Sprintf(format, args...), "the provider's administrators see what is at " + p.Keys}
	}
	response, err := s.get(ctx, p.client, p.Keys)
	if err != nil {
		return broken("%v", err)
	}
	defer func() { _ = response.Body.Close() }()
	var set jose.JSONWebKeySet
	if response.StatusCode != http.StatusOK {
		return broken("it answers %d", response.StatusCode)
	}
	if err := json.NewDecoder(response.Body).Decode(&set); err != nil {
		return broken("they are not readable: %v", err)
	}
	usable := 0
	for _, k := range set.Keys {
		if k.Valid() && k.IsPublic() && (k.Use == "" || k.Use == "sig") && (k.Algorithm == "" || slices.Contains(algorithms(), k.Algorithm)) {
			usable++
		}
	}
	if usable == 0 {
		return broken("none of its %d keys can sign with %s", len(set.Keys), strings.Join(algorithms(), ", "))
	}
	return Finding{"keys", Fine, map[bool]string{true: "1 key can sign", false: fmt.Sprintf("%d keys can sign", usable)}[usable == 1], ""}
}

// checkRedirect asks for an authorization that shows no page, and looks whether the
// answer is sent to where people come back to.
func (s *Service) checkRedirect(ctx context.Context, u Upstream, p *place) Finding {
	back := s.Callback(u)
	fix := "register " + back + " with the client, to the letter"
	client := *p.client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	address := s.oauth(u, p, "").AuthCodeURL(random(), oidc.Nonce(random()), oauth2.S256ChallengeOption(oauth2.GenerateVerifier()), oauth2.SetAuthURLParam("prompt", "none"))
	response, err := s.get(ctx, &client, address)
	if err != nil {
		return Finding{"redirect", Broken, err.Error(), "see that Terrace reaches " + p.Authorization}
	}
	_ = response.Body.Close()
	to, err := url.Parse(response.Header.Get("Location"))
	if err != nil || to.String() == "" {
		if response.StatusCode >= http.StatusBadRequest {
			return Finding{"redirect", Broken, fmt.Sprintf("it answers %d: it does not know the client, or not that people come back to %s", response.StatusCode, back), fix}
		}
		return Finding{"redirect", Unclear, "it shows a page of its own", "see that " + back + " is registered with the client"}
	}
	code := to.Query().Get("error")
	query := to.Query().Encode()
	to.RawQuery = ""
	switch {
	case to.String() != back:
		return Finding{"redirect", Unclear, "it sends people to " + to.Host + " first", "see that " + back + " is registered with the client"}
	case slices.Contains([]string{"", "login_required", "interaction_required", "consent_required", "account_selection_required"}, code):
		return Finding{"redirect", Fine, "people come back to " + back, ""}
	default:
		values, _ := url.ParseQuery(query)
		return Finding{"redirect", Broken, "it refuses: " + plain(code, values.Get("error_description")), "see which flows and scopes the client may use: the authorization code with PKCE is needed"}
	}
}

// checkClient hands in a code that was never given: who knows the client complains of the
// code.
func (s *Service) checkClient(ctx context.Context, u Upstream, p *place, secret string) Finding {
	_, err := s.oauth(u, p, secret).Exchange(oidc.ClientContext(ctx, p.client), "terrace-check", oauth2.VerifierOption(oauth2.GenerateVerifier()))
	failed, ok := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case err == nil:
		return Finding{"client", Broken, "it gives a token for a code that it never gave", "do not use it"}
	case !ok:
		return Finding{"client", Broken, err.Error(), "see that Terrace reaches " + p.Token}
	case failed.ErrorCode == "invalid_grant":
		return Finding{"client", Fine, "it knows the client " + u.ClientID, ""}
	case failed.ErrorCode == "invalid_client", failed.ErrorCode == "unauthorized_client", failed.Response.StatusCode == http.StatusUnauthorized:
		return Finding{"client", Broken, "it refuses the client: " + plain(failed.ErrorCode, failed.ErrorDescription, secret), "compare the client's id, and set its secret again with terrace auth upstream set " + u.Name + " --secret-file"}
	default:
		return Finding{"client", Unclear, fmt.Sprintf("it answers %d: %s", failed.Response.StatusCode, plain(failed.ErrorCode, failed.ErrorDescription, secret)), "sign in once, and see what it says"}
	}
}

func checkScopes(u Upstream, p *place) Finding {
	var missing []string
	for _, scope := range u.Scopes {
		if len(p.Scopes) > 0 && !slices.Contains(p.Scopes, scope) {
			missing = append(missing, scope)
		}
	}
	if len(missing) > 0 {
		return Finding{"scopes", Unclear, "it does not say that it has " + strings.Join(missing, ", "), "compare --scopes with what it offers: " + strings.Join(p.Scopes, ", ")}
	}
	return Finding{"scopes", Fine, strings.Join(u.Scopes, ", "), ""}
}

// checkNames tells where the names of people come from.
func checkNames(u Upstream, p *place) Finding {
	switch {
	case len(p.Claims) > 0 && !strings.HasPrefix(u.NameClaim, "/") && !slices.Contains(p.Claims, u.NameClaim):
		return Finding{"names", Unclear, "it does not say that it has the claim " + u.NameClaim + ": people would be named by their address, or user", "set --name-claim to one that it has: " + strings.Join(p.Claims, ", ")}
	case u.UserInfo:
		return Finding{"names", Fine, "they are the claim " + u.NameClaim + ", in the ID token or at its userinfo endpoint", ""}
	case p.UserInfo == "":
		return Finding{"names", Unclear, "it has no userinfo endpoint: whose ID token lacks the claim " + u.NameClaim + " is named by their address, or user", "see that it puts the claim into ID tokens, or set --name-claim"}
	}
	return Finding{"names", Fine, "they are the claim " + u.NameClaim + ", in the ID token, or else at its userinfo endpoint", ""}
}

// checkPeople tells of one that was set before such were refused.
func (s *Service) checkPeople(u Upstream) Finding {
	switch {
	case u.NewUsers != CreateActive || u.restricted(s.Address):
	case u.isEverybodys():
		return Finding{"people", Broken, "anybody can have an account there, and becomes a user here", "set --email-domains or --entra-tenants, or --new-users disabled"}
	default:
		return Finding{"people", Unclear, "nobody knows who can have an account there, and becomes a user here", "set --email-domains, or --own-accounts where nobody can sign up there by themselves"}
	}
	return Finding{"people", Fine, "somebody whom nobody here knows: " + string(u.NewUsers), ""}
}

func checkGroups(u Upstream) Finding {
	byGroups := slices.ContainsFunc(u.Rules, func(r Rule) bool {
		return slices.ContainsFunc(r.When, func(c Condition) bool { return c.Claim == "groups" })
	})
	isEntra := len(u.EntraTenants) > 0 || slices.Contains(u.Subject, "oid")
	if byGroups && isEntra && u.Overage == OverageRefuse {
		return Finding{"groups", Unclear, "rules are about groups, and who is in more than fit into a token of Entra ID is refused", "set --overage user or client, or assign groups to the application"}
	}
	return Finding{"groups", Fine, map[bool]string{true: "1 rule", false: fmt.Sprintf("%d rules", len(u.Rules))}[len(u.Rules) == 1], ""}
}
