package upstream

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// groupsLeftOut reports a token of Entra ID that says that groups did not fit into it.
// Where they are is in it, too, and is not asked: that address is the upstream's word.
func (c Claims) groupsLeftOut() bool {
	if _, said := c["groups"]; said {
		return false
	}
	names, _ := c["_claim_names"].(map[string]any)
	_, elsewhere := names["groups"]
	return elsewhere || c.says("hasgroups")
}

// graphGroups asks Microsoft Graph for the ids of all groups of somebody.
func (s *Service) graphGroups(client context.Context, u Upstream, p *place, secret string, token *oauth2.Token, claims Claims) ([]any, error) {
	graph, path := strings.TrimSuffix(u.Graph, "/"), "/v1.0/me/getMemberObjects"
	switch u.Overage {
	case OverageRefuse:
		return nil, kernel.Errorf(kernel.Denied, "you are in more groups than %s says at once", u.Label).
			WithFix("an admin has them asked for with terrace auth upstream set %s --overage user, or assigns groups to the application", u.Name)
	case OverageClient:
		id := strings.ToLower(claims.text("oid"))
		if !guidPattern.MatchString(id) {
			return nil, kernel.Errorf(kernel.Denied, "%s does not say which account is yours: the claim oid is missing", u.Label)
		}
		path = "/v1.0/users/" + id + "/getMemberObjects"
		config := clientcredentials.Config{
			ClientID: u.ClientID, ClientSecret: secret, TokenURL: s.tokenEndpoint(u, p, claims), Scopes: []string{graph + "/.default"}, AuthStyle: oauth2.AuthStyleInParams,
		}
		var err error
		if token, err = config.Token(client); err != nil {
			return nil, s.refusedBy(client, u, err, secret)
		}
	case OverageUser:
	}
	groups, err := s.memberObjects(client, graph+path, token)
	if err != nil {
		return nil, kernel.Errorf(kernel.Unavailable, "your groups could not be read from %s: %w", graph, err).
			WithFix("an admin gives the application the permission GroupMember.Read.All, delegated for --overage user, else as the application")
	}
	return groups, nil
}

// tokenEndpoint is where Terrace gets tokens of its own: of the tenant that somebody is
// of, where the issuer is that of several.
func (s *Service) tokenEndpoint(u Upstream, p *place, claims Claims) string {
	tid := claims.text("tid")
	if !u.manyTenants() || !guidPattern.MatchString(tid) {
		return p.Token
	}
	return strings.NewReplacer("/organizations/", "/"+tid+"/", "/common/", "/"+tid+"/").Replace(p.Token)
}

// memberObjects asks for the ids of all groups, directly and through others.
func (s *Service) memberObjects(ctx context.Context, address string, token *oauth2.Token) ([]any, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(`{"securityEnabledOnly":true}`))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	token.SetAuthHeader(r)
	response, err := s.client(address).Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var said struct {
		Value []string `json:"value"`
		Error struct{ Code, Message string }
	}
	err = json.NewDecoder(bytes.NewReader(raw)).Decode(&said)
	switch {
	case response.StatusCode != http.StatusOK && said.Error.Code != "":
		return nil, fmt.Errorf("%d %s", response.StatusCode, plain(said.Error.Code, said.Error.Message, token.AccessToken))
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("it answers %d", response.StatusCode)
	case err != nil:
		return nil, err
	}
	groups := make([]any, len(said.Value))
	for i, id := range said.Value {
		groups[i] = id
	}
	return groups, nil
}

// refusedBy says why an upstream gave no token, without what it was sent.
func (s *Service) refusedBy(ctx context.Context, u Upstream, err error, sent ...any) error {
	if failed, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		kind := kernel.Denied
		if failed.Response.StatusCode >= http.StatusInternalServerError {
			kind = kernel.Unavailable
		}
		if failed.ErrorCode == "" {
			return kernel.Errorf(kind, "%s did not sign you in: it answers %d", u.Label, failed.Response.StatusCode)
		}
		return kernel.Errorf(kind, "%s did not sign you in: %s", u.Label, plain(failed.ErrorCode, failed.ErrorDescription, sent...)).
			WithFix("begin again; if it stays, an admin sees more with terrace auth upstream check %s", u.Name)
	}
	return s.silent(ctx, u, "does not answer", err)
}
