package dnsapi

import (
	"cmp"
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/httpserver"
)

func (a API) registerNetworks(api huma.API) {
	httpserver.Register(api, operation("list-dns-networks", http.MethodGet, "/networks", "List the networks of the tenant that are seen"), a.listNetworks)
	httpserver.Register(api, operation("set-dns-network", http.MethodPut, "/networks/{network}", "Add a network to a tenant, or change it, as an operator of the platform"), a.setNetwork)
	httpserver.Register(api, operation("delete-dns-network", http.MethodDelete, "/networks/{network}", "Remove a network that nothing uses, as an operator of the platform"), a.deleteNetwork)
	httpserver.Register(api, operation("list-dns-forwarders", http.MethodGet, "/forwarders", "List who is asked about names that no zone has"), a.listForwarders)
	httpserver.Register(api, operation("set-dns-forwarder", http.MethodPut, "/forwarders/{domain}", "Say who is asked about names of a domain, as an operator of the platform"), a.setForwarder)
	httpserver.Register(api, operation("delete-dns-forwarder", http.MethodDelete, "/forwarders/{domain}", "Have nobody asked about names of a domain, as an operator of the platform"), a.deleteForwarder)
}

// DNSNetwork is a network of a tenant.
type DNSNetwork struct {
	OfProject
	dns.Network
}

func networkOf(n dns.Network) DNSNetwork { return DNSNetwork{OfProject{n.Scope.Project}, n} }

type networksOutput struct{ Body kernel.Page[DNSNetwork] }

func (a API) listNetworks(ctx context.Context, in *listOfInput) (*networksOutput, error) {
	page, err := list(ctx, a, dns.KindNetwork, in.Tenant, in.Page(), networkOf)
	return &networksOutput{Body: page}, err
}

// OfTenant names the tenant for which an operator acts.
type OfTenant struct {
	Tenant string `json:"tenant,omitempty" maxLength:"63" doc:"The tenant that it belongs to; the caller's own unless given."`
}

func (o OfTenant) scope(ctx context.Context, project string) kernel.Scope {
	return kernel.Scope{Tenant: cmp.Or(o.Tenant, tenantOf(ctx)), Project: project}
}

// NetworkPath names a network.
type NetworkPath struct {
	Network string `path:"network" maxLength:"63" doc:"The network's name."`
}

type setNetworkInput struct {
	NetworkPath
	Body struct {
		OfTenant
		OfProject
		Prefixes     []string `json:"prefixes" minItems:"1" maxItems:"200" doc:"The network's addresses in CIDR notation; of several networks the longest prefix counts."`
		Recursion    bool     `json:"recursion,omitempty" doc:"Whether names that no zone has are asked for at the forwarders."`
		ClientSubnet bool     `json:"clientSubnet,omitempty" doc:"Whether its clients are resolvers that say for whom they ask (EDNS Client Subnet), and are believed."`
	}
}

type networkOutput struct{ Body DNSNetwork }

func (a API) setNetwork(ctx context.Context, in *setNetworkInput) (*networkOutput, error) {
	n, err := a.DNS.SetNetwork(ctx, dns.Network{
		Scope: in.Body.scope(ctx, in.Body.Project), Name: in.Network, Prefixes: in.Body.Prefixes, Recursion: in.Body.Recursion, ClientSubnet: in.Body.ClientSubnet,
	})
	return &networkOutput{Body: networkOf(n)}, err
}

// InTenant names the tenant of something that an operator removes.
type InTenant struct {
	Tenant string `query:"tenant" maxLength:"63" doc:"The tenant that it belongs to; the caller's own unless given."`
}

type deleteNetworkInput struct {
	NetworkPath
	InTenant
}

func (a API) deleteNetwork(ctx context.Context, in *deleteNetworkInput) (*struct{}, error) {
	return nil, a.DNS.DeleteNetwork(ctx, cmp.Or(in.Tenant, tenantOf(ctx)), in.Network)
}

// DNSForwarder says who is asked about names of a domain.
type DNSForwarder struct{ dns.Forwarder }

func forwarderOf(f dns.Forwarder) DNSForwarder { return DNSForwarder{f} }

type forwardersOutput struct{ Body kernel.Page[DNSForwarder] }

func (a API) listForwarders(ctx context.Context, in *listOfInput) (*forwardersOutput, error) {
	page, err := list(ctx, a, dns.KindForwarder, in.Tenant, in.Page(), forwarderOf)
	return &forwardersOutput{Body: page}, err
}

// DomainPath names a forwarder.
type DomainPath struct {
	Domain string `path:"domain" maxLength:"253" doc:"The domain; root is all names."`
}

// name is the domain as DNS has it: a path has no room for a dot alone.
func (p DomainPath) name() string {
	if p.Domain == "root" {
		return "."
	}
	return p.Domain
}

type setForwarderInput struct {
	DomainPath
	Body struct {
		OfTenant
		Servers  []string `json:"servers" minItems:"1" maxItems:"8" doc:"Who is asked, in turn: udp://10.0.0.1, tcp://10.0.0.1:53, or tls://10.0.0.1:853#dns.example.net."`
		Networks []string `json:"networks,omitempty" maxItems:"200" doc:"For which networks it is; for all of the tenant unless given."`
	}
}

type forwarderOutput struct{ Body DNSForwarder }

func (a API) setForwarder(ctx context.Context, in *setForwarderInput) (*forwarderOutput, error) {
	f, err := a.DNS.SetForwarder(ctx, dns.Forwarder{Scope: in.Body.scope(ctx, ""), Domain: in.name(), Servers: in.Body.Servers, Networks: in.Body.Networks})
	return &forwarderOutput{Body: forwarderOf(f)}, err
}

type deleteForwarderInput struct {
	DomainPath
	InTenant
}

func (a API) deleteForwarder(ctx context.Context, in *deleteForwarderInput) (*struct{}, error) {
	return nil, a.DNS.DeleteForwarder(ctx, cmp.Or(in.Tenant, tenantOf(ctx)), in.name())
}
