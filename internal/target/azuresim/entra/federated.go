package entra

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	// discoveryTimeout bounds the question for an issuer's keys.
	discoveryTimeout = 5 * time.Second
	maxDiscovery     = 1 << 20
)

// federated signs in with a token of another issuer that one of the principal's federated
// credentials trusts (workload identity federation).
func (s *Service) federated(ctx context.Context, client, assertion string) (Principal, error) {
	claims, _, err := read(assertion)
	if err != nil {
		return Principal{}, &failure{50027, "invalid_request", "JWT token is invalid or malformed: " + err.Error() + "."}
	}
	all, known := s.Directory.Federations(client)
	if !known {
		return Principal{}, &failure{700016, "unauthorized_client", "Application with identifier '" + client + "' was not found in the directory '" + s.TenantID + "'."}
	}
	found, err := match(all, client, claims)
	if err != nil {
		return Principal{}, err
	}
	if _, err := verify(assertion, s.Now(), s.Playing.PublicKey()); err == nil {
		return found.Principal, nil
	}
	keys, err := s.issuerKeys(ctx, found.Issuer)
	if err != nil {
		return Principal{}, &failure{50166, "invalid_request", "The keys of the issuer '" + found.Issuer + "' could not be read: " + err.Error() + "."}
	}
	if _, err := verify(assertion, s.Now(), keys...); err != nil {
		return Principal{}, &failure{700027, "invalid_client", "Client assertion failed signature validation: " + err.Error() + "."}
	}
	return found.Principal, nil
}

// match finds the federated credential that an assertion's issuer, subject and audience fit.
func match(all []Federation, client string, claims Claims) (Federation, error) {
	issuer, subject, audience := claims.Text("iss"), claims.Text("sub"), claims.Audience()
	byIssuer := slices.DeleteFunc(slices.Clone(all), func(f Federation) bool {
		return strings.TrimSuffix(f.Issuer, "/") != strings.TrimSuffix(issuer, "/")
	})
	bySubject := slices.DeleteFunc(slices.Clone(byIssuer), func(f Federation) bool { return f.Subject != subject })
	at := slices.IndexFunc(bySubject, func(f Federation) bool { return slices.Contains(f.Audiences, audience) })
	switch {
	case len(byIssuer) == 0:
		return Federation{}, &failure{700211, "invalid_request", fmt.Sprintf("No matching federated identity record found for presented assertion issuer '%s' of the client '%s'.", issuer, client)}
	case len(bySubject) == 0:
		return Federation{}, &failure{700213, "invalid_request", fmt.Sprintf("No matching federated identity record found for presented assertion subject '%s'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.", subject)}
	case at < 0:
		return Federation{}, &failure{700212, "invalid_request", fmt.Sprintf("No matching federated identity record found for presented assertion audience '%s'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.", audience)}
	}
	return bySubject[at], nil
}

// issuerKeys are the keys that an issuer on this machine signs with. An issuer elsewhere is never
// asked: what it would sign, the simulator's own key signs in its name.
func (s *Service) issuerKeys(ctx context.Context, issuer string) ([]*rsa.PublicKey, error) {
	at, err := url.Parse(issuer)
	if err != nil || !loopback(at.Hostname()) {
		return nil, nil //nolint:nilerr // as above
	}
	ctx, cancel := context.WithTimeout(ctx, discoveryTimeout)
	defer cancel()
	var about struct {
		JWKS string `json:"jwks_uri"`
	}
	if err := fetch(ctx, strings.TrimSuffix(issuer, "/")+"/.well-known/openid-configuration", &about); err != nil {
		return nil, err
	}
	if from, err := url.Parse(about.JWKS); err != nil || !loopback(from.Hostname()) {
		return nil, fmt.Errorf("jwks_uri %q is not on this machine", about.JWKS)
	}
	var set struct {
		Keys []struct{ Kty, N, E string } `json:"keys"`
	}
	if err := fetch(ctx, about.JWKS, &set); err != nil {
		return nil, err
	}
	var keys []*rsa.PublicKey
	for _, k := range set.Keys {
		if key, ok := rsaKey(k.Kty, k.N, k.E); ok {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func fetch(ctx context.Context, from string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return err
	}
	// What is on this machine may not lead elsewhere, by a redirect or a proxy.
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // read only
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", from, res.Status)
	}
	return json.NewDecoder(io.LimitReader(res.Body, maxDiscovery)).Decode(into)
}

func rsaKey(kty, n, e string) (*rsa.PublicKey, bool) {
	modulus, err1 := base64.RawURLEncoding.DecodeString(n)
	exponent, err2 := base64.RawURLEncoding.DecodeString(e)
	if kty != "RSA" || err1 != nil || err2 != nil || len(exponent) == 0 || len(exponent) > 4 {
		return nil, false
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(new(big.Int).SetBytes(exponent).Int64())}, true
}
