package dnsapi

import (
	"context"

	"github.com/terrace-idp/terrace/internal/fabric/dns"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// DNSKey is a key that signs updates and transfers of a zone.
type DNSKey struct {
	OfProject
	dns.Key
}

func keyOf(k dns.Key) DNSKey { return DNSKey{OfProject{k.Scope.Project}, k} }

type keysOutput struct{ Body kernel.Page[DNSKey] }

func (a API) listKeys(ctx context.Context, in *listInput) (*keysOutput, error) {
	page, err := list(ctx, a, dns.KindKey, "", in.Page(), keyOf)
	return &keysOutput{Body: page}, err
}

type createKeyInput struct {
	Body struct {
		Name      string   `json:"name" minLength:"1" maxLength:"40" doc:"The key's name."`
		Zone      string   `json:"zone" minLength:"1" maxLength:"253" doc:"The zone that it is for."`
		Algorithm string   `json:"algorithm,omitempty" enum:"hmac-sha256,hmac-sha384,hmac-sha512" doc:"The algorithm of its signatures; hmac-sha256 unless given."`
		Update    []string `json:"update,omitempty" maxItems:"50" doc:"Which names it may change: names in the zone, in which a star in front stands for all below; * is the whole zone."`
		Types     []string `json:"types,omitempty" maxItems:"20" doc:"Which types it may change; all unless given."`
		Transfer  bool     `json:"transfer,omitempty" doc:"Whether it may copy the zone (AXFR)."`
	}
}

// DNSKeyCreated is a key with its secret.
type DNSKeyCreated struct {
	DNSKey
	Secret string `json:"secret" doc:"The secret, in base64. It is shown this once."`
}

type keyOutput struct{ Body DNSKeyCreated }

func (a API) createKey(ctx context.Context, in *createKeyInput) (*keyOutput, error) {
	b := in.Body
	k, secret, err := a.DNS.CreateKey(ctx, dns.Key{
		Scope: kernel.Scope{Tenant: tenantOf(ctx)}, Name: b.Name, Zone: b.Zone, Algorithm: b.Algorithm, Update: b.Update, Types: b.Types, Transfer: b.Transfer,
	})
	return &keyOutput{Body: DNSKeyCreated{keyOf(k), secret}}, err
}

type keyPath struct {
	Key string `path:"key" maxLength:"63" doc:"The key's name."`
}

func (a API) deleteKey(ctx context.Context, in *keyPath) (*struct{}, error) {
	return nil, a.DNS.DeleteKey(ctx, tenantOf(ctx), in.Key)
}

// DNSEndpoint is a private endpoint.
type DNSEndpoint struct {
	OfProject
	dns.Endpoint
}

func endpointOf(e dns.Endpoint) DNSEndpoint { return DNSEndpoint{OfProject{e.Scope.Project}, e} }

type endpointsOutput struct{ Body kernel.Page[DNSEndpoint] }

func (a API) listEndpoints(ctx context.Context, in *listInput) (*endpointsOutput, error) {
	page, err := list(ctx, a, dns.KindEndpoint, "", in.Page(), endpointOf)
	return &endpointsOutput{Body: page}, err
}

type createEndpointInput struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"40" doc:"The endpoint's name."`
		OfProject
		Service   string   `json:"service" minLength:"1" maxLength:"253" doc:"The service's name: its first part, such as stordata, or its public name."`
		Group     string   `json:"group,omitempty" maxLength:"63" doc:"Which part of the service it is (Azure's group id): blob, vault, mysqlServer. It may be left out where the zone is named."`
		Zone      string   `json:"zone,omitempty" maxLength:"253" doc:"The privatelink zone of its record; that of the group unless given."`
		Addresses []string `json:"addresses" minItems:"1" maxItems:"10" doc:"Its addresses in the network."`
		Network   string   `json:"network" minLength:"1" maxLength:"63" doc:"The network that it lies in."`
	}
}

type endpointOutput struct{ Body DNSEndpoint }

func (a API) createEndpoint(ctx context.Context, in *createEndpointInput) (*endpointOutput, error) {
	b := in.Body
	e, err := a.DNS.CreateEndpoint(ctx, dns.Endpoint{
		Scope: kernel.Scope{Tenant: tenantOf(ctx), Project: b.Project}, Name: b.Name, Service: b.Service, Group: b.Group, Zone: b.Zone, Addresses: b.Addresses, Network: b.Network,
	})
	return &endpointOutput{Body: endpointOf(e)}, err
}

type endpointPath struct {
	Endpoint string `path:"endpoint" maxLength:"63" doc:"The endpoint's name."`
}

func (a API) deleteEndpoint(ctx context.Context, in *endpointPath) (*struct{}, error) {
	return nil, a.DNS.DeleteEndpoint(ctx, tenantOf(ctx), in.Endpoint)
}
