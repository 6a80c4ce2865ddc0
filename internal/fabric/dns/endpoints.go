package dns

import (
	"context"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// PrivateLink is where the records of private endpoints of a kind of service are.
type PrivateLink struct {
	// Group is Azure's group id, in its spelling.
	Group string `json:"group"`
	// Zone is the privatelink zone, and Public what services of the kind are known under.
	Zone   string `json:"zone"`
	Public string `json:"public"`
}

// PrivateLinks are the kinds of services that are known, by Azure's group ids. Kinds whose
// zone has a region's name in it are not among them; an endpoint names its zone then.
func PrivateLinks() []PrivateLink {
	return []PrivateLink{
		{"vault", "privatelink.vaultcore.azure.net", "vault.azure.net"},
		{"mysqlServer", "privatelink.mysql.database.azure.com", "mysql.database.azure.com"},
		{"redisEnterprise", "privatelink.redis.azure.net", "redis.azure.net"},
		{"Sql", "privatelink.documents.azure.com", "documents.azure.com"},
		{"MongoDB", "privatelink.mongo.cosmos.azure.com", "mongo.cosmos.azure.com"},
		{"namespace", "privatelink.servicebus.windows.net", "servicebus.windows.net"},
		{"topic", "privatelink.eventgrid.azure.net", "eventgrid.azure.net"},
		{"blob", "privatelink.blob.core.windows.net", "blob.core.windows.net"},
		{"file", "privatelink.file.core.windows.net", "file.core.windows.net"},
		{"queue", "privatelink.queue.core.windows.net", "queue.core.windows.net"},
		{"table", "privatelink.table.core.windows.net", "table.core.windows.net"},
		{"dfs", "privatelink.dfs.core.windows.net", "dfs.core.windows.net"},
		{"web", "privatelink.web.core.windows.net", "web.core.windows.net"},
		{"registry", "privatelink.azurecr.io", "azurecr.io"},
		{"Gateway", "privatelink.azure-api.net", "azure-api.net"},
		{"grafana", "privatelink.grafana.azure.com", "grafana.azure.com"},
		{"sqlServer", "privatelink.database.windows.net", "database.windows.net"},
		{"postgresqlServer", "privatelink.postgres.database.azure.com", "postgres.database.azure.com"},
		{"sites", "privatelink.azurewebsites.net", "azurewebsites.net"},
		{"configurationStores", "privatelink.azconfig.io", "azconfig.io"},
	}
}

// CreateEndpoint adds a private endpoint and makes its record, in its privatelink zone, which
// is made where there is none, linked to the endpoint's network. A second endpoint of a
// service, in another network, is seen in that network alone.
func (s *Service) CreateEndpoint(ctx context.Context, e Endpoint) (Endpoint, error) {
	if err := s.Authorizer.Authorize(ctx, actionWrite, e.Scope); err != nil {
		return Endpoint{}, err
	}
	if err := s.Places.Check(ctx, e.Scope); err != nil {
		return Endpoint{}, err
	}
	e, err := e.normal()
	if err != nil {
		return Endpoint{}, err
	}
	e.CreatedAt, e.CreatedBy = s.Clock.Now(), actorName(ctx)
	err = s.write(ctx, func(ctx context.Context) error {
		if err := s.freeEndpoint(ctx, e); err != nil {
			return err
		}
		z, err := s.linkZone(ctx, e)
		if err != nil {
			return err
		}
		if err := s.changeHeld(ctx, z, []string{e.record()}, func(_ context.Context, z Zone, all []Held) (put, drop []Held, err error) {
			put, err = s.recordsOf(e, z, all)
			return put, nil, err
		}); err != nil {
			return err
		}
		return s.put(ctx, KindEndpoint, e.Scope, e.Name, e, nil, "dns-endpoint.created", endpointFact(e))
	})
	return e, err
}

func endpointFact(e Endpoint) map[string]any {
	return map[string]any{"endpoint": e.Name, "service": e.Service, "group": e.Group, "zone": e.Zone, "network": e.Network, "addresses": e.Addresses}
}

// normal returns an endpoint as it is kept.
func (e Endpoint) normal() (Endpoint, error) {
	k := &checker{}
	k.label("name", e.Name)
	e.Service = k.domain("service", e.Service)
	for _, l := range PrivateLinks() {
		if strings.EqualFold(l.Group, e.Group) {
			e.Group = l.Group
			if e.Zone == "" {
				e.Zone = l.Zone
			}
			e.Service = strings.TrimSuffix(e.Service, "."+l.Public)
		}
	}
	switch {
	case e.Zone != "":
		e.Zone = k.domain("zone", e.Zone)
	default:
		groups := []string{}
		for _, l := range PrivateLinks() {
			groups = append(groups, l.Group)
		}
		k.add("group", "use one of "+strings.Join(groups, ", ")+", or name the zone", "there is no group %q that is known", e.Group)
	}
	if e.Zone != "" && !strings.HasPrefix(e.Zone, "privatelink.") {
		k.add("zone", "name one such as privatelink.blob.core.windows.net", "%s is no zone of private endpoints", e.Zone)
	}
	if len(e.Addresses) == 0 || len(e.Addresses) > 10 {
		k.add("addresses", "give 1 to 10", "%d addresses", len(e.Addresses))
	}
	for i, text := range e.Addresses {
		a, err := netip.ParseAddr(strings.TrimSpace(text))
		if err != nil || a.Zone() != "" {
			k.add("addresses["+strconv.Itoa(i)+"]", "", "%q is not an address", text)
			continue
		}
		e.Addresses[i] = a.String()
	}
	return e, k.err("private endpoint %s is not valid", e.Name)
}

// freeEndpoint refuses a name that is taken, and a network that there is not or that does not
// have the addresses.
func (s *Service) freeEndpoint(ctx context.Context, e Endpoint) error {
	_, err := s.Book.Get(ctx, KindEndpoint, e.Scope.Tenant, e.Name)
	switch {
	case err == nil:
		return kernel.Errorf(kernel.Conflict, "there is a private endpoint %s", e.Name).WithFix("delete it first, or choose another name")
	case !kernel.Is(err, kernel.NotFound):
		return err
	}
	n, err := s.networkOf(ctx, e.Scope.Tenant, e.Network)
	if err != nil {
		return err
	}
	if s.Authorizer.Authorize(ctx, actionRead, n.Scope) != nil {
		return noNetwork(e.Network)
	}
	for _, text := range e.Addresses {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(prefixesOf(n.Prefixes), func(p netip.Prefix) bool { return p.Contains(a) }) {
			return kernel.Errorf(kernel.Refused, "%s is not an address of network %s (%s)", text, n.Name, strings.Join(n.Prefixes, ", ")).
				WithFix("give an address of the network, or another network")
		}
	}
	return nil
}

// linkZone returns the zone of an endpoint, and makes it where there is none.
func (s *Service) linkZone(ctx context.Context, e Endpoint) (Zone, error) {
	z, err := s.zone(ctx, e.Scope.Tenant, e.Zone)
	if err == nil {
		return z, s.Authorizer.Authorize(ctx, actionRecord, z.Scope)
	} else if !kernel.Is(err, kernel.NotFound) {
		return Zone{}, err
	}
	z, err = s.admitZone(ctx, Zone{Scope: e.Scope, Name: e.Zone, Links: []Link{{Network: e.Network, Policy: LinkDefault}}})
	if err != nil {
		return Zone{}, err
	}
	z.CreatedAt, z.CreatedBy, z.Serial, z.kept = e.CreatedAt, e.CreatedBy, e.CreatedAt.Unix(), kept{Sets: new(int)}
	if err := s.place(ctx, z, true); err != nil {
		return Zone{}, err
	}
	return z, s.put(ctx, KindZone, z.Scope, z.Name, keptZone{z, z.kept}, nil, "dns-zone.created", zoneFact(z))
}

// record is the name of its record.
func (e Endpoint) record() string { return zone.Canonical(e.Service + "." + e.Zone) }

// recordsOf makes the sets of an endpoint.
func (s *Service) recordsOf(e Endpoint, z Zone, all []Held) ([]Held, error) {
	network := ""
	for _, h := range all {
		if h.Name != e.record() || h.Network != "" {
			continue
		}
		if _, ok := z.linked(e.Network); !ok || h.Endpoint == "" {
			return nil, kernel.Errorf(kernel.Conflict, "zone %s has a record %s already", z.Name, e.Service).
				WithFix("delete it first; a second endpoint of a service needs a network of its own that is linked to the zone")
		}
		network = e.Network
	}
	return s.recordsIn(network, e, z, all)
}

// recordsIn makes the sets of an endpoint that a network sees, "" for all.
func (s *Service) recordsIn(network string, e Endpoint, z Zone, all []Held) (put []Held, err error) {
	for _, kind := range []string{"A", "AAAA"} {
		h := Held{Set: zone.Set{Name: e.record(), Type: kind, TTL: 10}, Network: network, Endpoint: e.Name}
		for _, text := range e.Addresses {
			if a, err := netip.ParseAddr(text); err == nil && a.Is4() == (kind == "A") {
				h.Values = append(h.Values, text)
			}
		}
		if len(h.Values) == 0 {
			continue
		}
		h, err := s.admitSet(z, h)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(all, func(o Held) bool { return same(o, h) }) {
			return nil, kernel.Errorf(kernel.Conflict, "zone %s has a record %s of network %s already", z.Name, e.Service, network).WithFix("delete its endpoint first")
		}
		put = append(put, h)
	}
	return put, nil
}

// DeleteEndpoint removes a private endpoint with its record.
func (s *Service) DeleteEndpoint(ctx context.Context, tenant, name string) error {
	if err := s.Authorizer.Authorize(ctx, actionRead, kernel.Scope{Tenant: tenant}); err != nil {
		return err
	}
	missing := func() error {
		return kernel.Errorf(kernel.NotFound, "there is no private endpoint %s", name).WithFix("see those that there are with: terrace dns endpoint list")
	}
	e, err := get[Endpoint](ctx, s, KindEndpoint, tenant, name)
	if kernel.Is(err, kernel.NotFound) {
		return missing()
	} else if err != nil {
		return err
	}
	if s.Authorizer.Authorize(ctx, actionRead, e.Scope) != nil {
		return missing()
	}
	if err := s.Authorizer.Authorize(ctx, actionWrite, e.Scope); err != nil {
		return err
	}
	if e.Stage != "" {
		return kernel.Errorf(kernel.Conflict, "private endpoint %s follows from what %s has deployed on %s", name, e.Workload, e.Stage).
			WithFix("remove it there: it goes with the next apply")
	}
	return s.write(ctx, func(ctx context.Context) error { return s.dropEndpoint(ctx, e) })
}

// dropEndpoint removes an endpoint with its record, if it has one.
func (s *Service) dropEndpoint(ctx context.Context, e Endpoint) error {
	if e.Problem == "" {
		z, err := s.zone(ctx, e.Scope.Tenant, e.Zone)
		if err != nil {
			return err
		}
		if err := s.changeHeld(ctx, z, []string{e.record()}, func(_ context.Context, _ Zone, all []Held) (put, drop []Held, err error) {
			return nil, slices.DeleteFunc(all, func(h Held) bool { return h.Endpoint != e.Name }), nil
		}); err != nil {
			return err
		}
	}
	return s.remove(ctx, KindEndpoint, e.Scope, e.Name, "dns-endpoint.deleted", endpointFact(e))
}
