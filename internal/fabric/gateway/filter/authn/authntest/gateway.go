// Package authntest has what proves who calls tried: a gateway with two hosts of two
// tenants in front of a service that says what it was asked, and an issuer of tokens.
package authntest

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/front"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Host is where the service is, and Other where a second one of another project is.
const (
	Host  = filtertest.Host
	Other = "orders.dev.bank.localhost"
	// Own is another host of the service, in a domain of its tenant.
	Own = "api.example.com"
)

// Dev is the scope of Host, and Bank that of Other, which is of another tenant.
func Dev() kernel.Scope { return filtertest.Scope() }

// Bank is the scope of Other.
func Bank() kernel.Scope { return kernel.Scope{Tenant: "rival", Project: "bank", Stage: "dev"} }

// Seen is what the service says of a request: it answers with what it was asked.
type Seen struct {
	Method, Host, URI string
	Header            http.Header
}

// Gateway is a gateway in front of one service.
type Gateway struct {
	Service *gateway.Service
	Client  *http.Client
	Server  *front.Server

	under *filtertest.Gateway
}

// Start serves Host and Other with kinds of policies, until the test ends.
func Start(t testing.TB, asks func(string) bool, kinds ...gateway.Kind) *Gateway {
	t.Helper()
	g := filtertest.StartWith(t, filtertest.Options{AsksCertificate: asks, Also: map[string]kernel.Scope{Other: Bank()}, Own: []string{Own}}, func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(Seen{r.Method, r.Host, r.RequestURI, r.Header})
	}, kinds...)
	client := g.NewClient()
	t.Cleanup(client.CloseIdleConnections)
	return &Gateway{Service: g.Routes, Client: client, Server: g.Server, under: g}
}

// NewClient finds every host at the gateway, follows no redirect, and shows certs.
func (g *Gateway) NewClient(certs ...tls.Certificate) *http.Client {
	return g.under.NewClient(certs...)
}

// URL returns an address at the gateway.
func (g *Gateway) URL(host, path string) string { return g.under.URLOf(host, path) }

// Put attaches a policy to a scope.
func (g *Gateway) Put(t testing.TB, scope kernel.Scope, kind, spec string) {
	t.Helper()
	must(t, g.under.PutAt(t.Context(), scope, kind, spec))
}

// Answer is what a client gets; Seen is set where the service was asked.
type Answer struct {
	*http.Response

	Body string
	Seen Seen
}

// Do asks over HTTP/2; headers are names and values by turns.
func (g *Gateway) Do(t testing.TB, method, host, path string, headers ...string) Answer {
	t.Helper()
	return g.With(t, g.Client, method, host, path, headers...)
}

// With asks with a client.
func (g *Gateway) With(t testing.TB, client *http.Client, method, host, path string, headers ...string) Answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, g.URL(host, path), nil)
	must(t, err)
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header[headers[i]] = append(req.Header[headers[i]], headers[i+1])
	}
	resp, err := client.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	must(t, err)
	a := Answer{Response: resp, Body: string(body)}
	if resp.StatusCode == http.StatusOK {
		_ = json.Unmarshal(body, &a.Seen)
	}
	return a
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
