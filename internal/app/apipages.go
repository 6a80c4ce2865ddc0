package app

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/terrace-idp/terrace/internal/access/provider/providerapi"
	"github.com/terrace-idp/terrace/internal/app/config"
	"github.com/terrace-idp/terrace/internal/catalog/apispec"
	"github.com/terrace-idp/terrace/internal/catalog/apispec/apispecpage"
	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/validate"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// newAPIPages shows APIs to browsers, which try them through this platform's gateway.
func newAPIPages(p *platform, f *fabric, apis *apispec.Service, frame *providerapi.Handler) *apispecpage.Handler {
	_, port, err := net.SplitHostPort(p.config.Gateway)
	if err != nil || port == "443" {
		port = ""
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	return apispecpage.New(apispecpage.Config{
		APIs: apis, Frame: frame, Converted: keptDocuments(p.kept), Routes: apiRoutes{f.gateway, &f.apis.catalog, port}, Log: p.log,
		Gateway: &http.Transport{
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, config.Reach(p.config.Gateway))
			},
			TLSClientConfig:   f.certificates.trusting(),
			DisableKeepAlives: true, // a connection is for the host that it was made for
		},
	})
}

// apiRoutes is an apispecpage.Routes: a route leads to the versions that its
// ValidationPolicy names.
type apiRoutes struct {
	gateway *gateway.Service
	catalog *validate.Catalog
	// port is the gateway's, "" for the usual one.
	port string
}

// Servers implements apispecpage.Routes.
func (a apiRoutes) Servers(ctx context.Context, k apispec.Key, stage string) ([]apispecpage.Server, error) {
	where := kernel.Scope{Tenant: k.Tenant, Project: k.Project, Stage: stage}
	uses, err := a.gateway.Using(ctx, where, validate.KindName)
	if err != nil {
		return nil, err
	}
	var out []apispecpage.Server
	for _, use := range uses {
		found, err := a.catalog.Find(use.Policy, where, k.API, k.Version)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			for _, host := range use.Route.Hosts {
				if strings.Contains(host, "*") {
					continue // which host it is nobody knows here
				}
				if a.port != "" {
					host = net.JoinHostPort(host, a.port)
				}
				out = append(out, apispecpage.Server{Origin: "https://" + host, Prefix: r.Prefix, Header: r.Header, Value: r.Value})
			}
		}
	}
	return out, nil
}
