package dns

import (
	"net/netip"
	"slices"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// Zone is a zone of a tenant with its settings.
type Zone struct {
	// Scope is whose zone it is; Project is empty for the whole tenant's.
	Scope kernel.Scope `json:"-"`
	// Name is the zone's without the dot at its end.
	Name string `json:"name"`
	// Everywhere has the zone answered to whoever asks, from whichever network.
	Everywhere bool `json:"everywhere,omitempty" doc:"Whether whoever asks sees the zone, from any network."`
	// Links are the networks that see it.
	Links []Link `json:"links,omitempty" doc:"The networks that see the zone."`
	// NameServers are its NS; none are the platform's.
	NameServers []string `json:"nameServers,omitempty" doc:"Names of the zone's servers (NS); that of the platform unless given."`
	Start       Start    `json:"start" doc:"What the zone's SOA says."`
	Secondary   Transfer `json:"secondary" doc:"Who may copy the zone, and who is told of changes."`
	// Serial grows with every change (RFC 1982).
	Serial    int64     `json:"serial" doc:"The serial of the zone's SOA."`
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy,omitempty"`
	kept      kept
}

// Link has a network see a zone.
type Link struct {
	Network string `json:"network" minLength:"1" maxLength:"63" doc:"The network's name."`
	// Policy says what becomes of names that the zone does not have.
	Policy LinkPolicy `json:"resolutionPolicy" required:"false" doc:"What becomes of names that the zone does not have: Default denies them, NxDomainRedirect asks elsewhere."`
}

// LinkPolicy is what becomes of names that a linked zone does not have, as Azure calls it.
type LinkPolicy string

// The policies: such names do not exist, or they are asked for elsewhere.
const (
	LinkDefault  LinkPolicy = "Default"
	LinkRedirect LinkPolicy = "NxDomainRedirect"
)

// LinkPolicies returns all of them.
func LinkPolicies() []LinkPolicy { return []LinkPolicy{LinkDefault, LinkRedirect} }

// Start is what a SOA says beside its serial (RFC 1035 §3.3.13), in seconds. Zero is the
// default.
type Start struct {
	Contact string `json:"contact,omitempty" maxLength:"253" doc:"Whom to write to, such as hostmaster@example.com."`
	TTL     uint32 `json:"ttl,omitempty" maximum:"604800" doc:"Seconds that the SOA may be kept; 3600 unless given."`
	Refresh uint32 `json:"refresh,omitempty" maximum:"604800" doc:"Seconds after which a secondary looks for changes; 3600 unless given."`
	Retry   uint32 `json:"retry,omitempty" maximum:"604800" doc:"Seconds after which it tries again; 600 unless given."`
	Expire  uint32 `json:"expire,omitempty" maximum:"2419200" doc:"Seconds after which it gives the zone up; 1209600 unless given."`
	Minimum uint32 `json:"minimum,omitempty" maximum:"86400" doc:"Seconds that the absence of a name may be kept (RFC 2308); 60 unless given."`
}

// Transfer is who may copy a zone and who is told of changes.
type Transfer struct {
	// Allow are the addresses that may transfer the zone without a key.
	Allow []string `json:"allow,omitempty" maxItems:"50" doc:"Addresses and networks in CIDR notation that may copy the zone (AXFR) without a key."`
	// Notify are servers that are told of changes (RFC 1996), address:port.
	Notify []string `json:"notify,omitempty" maxItems:"20" doc:"Secondaries that are told of changes, as address:port."`
}

// Network is a named set of addresses: who sees a zone is said by networks.
type Network struct {
	Scope kernel.Scope `json:"-"`
	Name  string       `json:"name"`
	// Prefixes are its addresses; of several networks the closest one counts.
	Prefixes []string `json:"prefixes" doc:"The network's addresses in CIDR notation; of several networks the longest prefix counts."`
	// Recursion has names that no zone has resolved elsewhere for it.
	Recursion bool `json:"recursion" required:"false" doc:"Whether names that no zone has are asked for at the forwarders."`
	// ClientSubnet believes what its clients, which are resolvers, say of theirs (RFC 7871).
	ClientSubnet bool      `json:"clientSubnet" required:"false" doc:"Whether its clients are resolvers that say for whom they ask (EDNS Client Subnet), and are believed."`
	CreatedAt    time.Time `json:"createdAt"`
}

// Forwarder says who is asked about names below a domain that no zone has.
type Forwarder struct {
	Scope kernel.Scope `json:"-"`
	// Domain is what it is for; "." is all.
	Domain string `json:"domain"`
	// Servers are asked in turn: udp://10.0.0.1, tcp://10.0.0.1:53, tls://10.0.0.1:853#name.
	Servers []string `json:"servers" doc:"Who is asked, in turn: udp://10.0.0.1, tcp://10.0.0.1:53, or tls://10.0.0.1:853#dns.example.net."`
	// Networks are those that it is for; none are all of the tenant.
	Networks []string `json:"networks,omitempty" doc:"For which networks it is; for all of the tenant unless given."`
}

// Key signs updates and transfers (TSIG, RFC 8945).
type Key struct {
	Scope kernel.Scope `json:"-"`
	Name  string       `json:"name"`
	// KeyName is what messages call it.
	KeyName   string `json:"keyName" doc:"What messages call the key."`
	Algorithm string `json:"algorithm" doc:"The algorithm of its signatures."`
	Zone      string `json:"zone" doc:"The zone that it is for."`
	// Update are patterns of names that it may change; none changes nothing.
	Update []string `json:"update,omitempty" doc:"Which names it may change: full names, in which a star in front stands for all below."`
	// Types are those that it may change; none are all.
	Types []string `json:"types,omitempty" doc:"Which types it may change; all unless given."`
	// Transfer lets it copy the zone.
	Transfer  bool      `json:"transfer" required:"false" doc:"Whether it may copy the zone (AXFR)."`
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy,omitempty"`
	sealed    []byte
}

// Algorithms are those that keys may have.
func Algorithms() []string { return []string{"hmac-sha256", "hmac-sha384", "hmac-sha512"} }

// Endpoint is a private endpoint: an address in a network at which a service is reached.
type Endpoint struct {
	Scope kernel.Scope `json:"-"`
	Name  string       `json:"name"`
	// Service is the first part of the service's public name, such as storeacct.
	Service string `json:"service" doc:"The first part of the service's name, such as stordata."`
	// Group is which of its services it is, in Azure's words: blob, vault, mysqlServer.
	Group string `json:"group" doc:"Which part of the service it is (Azure's group id): blob, vault, mysqlServer."`
	// Zone has the record.
	Zone      string    `json:"zone" doc:"The privatelink zone that has its record."`
	Addresses []string  `json:"addresses" doc:"Its addresses in the network."`
	Network   string    `json:"network" doc:"The network that it lies in."`
	CreatedAt time.Time `json:"createdAt"`
	CreatedBy string    `json:"createdBy,omitempty"`
	// Stage and Workload have deployed it as Resource, by the cloud's id; a person has made it
	// where they are empty.
	Stage    string `json:"stage,omitempty" doc:"The stage on which it is deployed; empty where a person has made it."`
	Workload string `json:"workload,omitempty" doc:"The workload that it is deployed with."`
	Resource string `json:"resource,omitempty" doc:"The cloud's id of it."`
	// Problem is why it has no record, and Fix what to do.
	Problem string `json:"problem,omitempty" doc:"Why it has no record."`
	Fix     string `json:"fix,omitempty" doc:"What to do where it has no record."`
}

// Held is a record set of a zone.
type Held struct {
	zone.Set
	// Network is the one that sees it in the place of what others see; "" is for all.
	Network string `json:"network,omitempty" doc:"The network that sees this set in the place of the one for all."`
	// Endpoint is the private endpoint that it follows from.
	Endpoint  string    `json:"endpoint,omitempty" doc:"The private endpoint that the set follows from."`
	UpdatedAt time.Time `json:"updatedAt"`
}

// FQDN is the name of the zone as messages have it.
func (z Zone) FQDN() string { return zone.Canonical(z.Name) }

// linked returns the link of a network.
func (z Zone) linked(network string) (Link, bool) {
	at := slices.IndexFunc(z.Links, func(l Link) bool { return l.Network == network })
	if at < 0 {
		return Link{}, false
	}
	return z.Links[at], true
}

func prefixesOf(texts []string) []netip.Prefix {
	all := make([]netip.Prefix, 0, len(texts))
	for _, text := range texts {
		if p, err := parsePrefix(text); err == nil {
			all = append(all, p)
		}
	}
	return all
}

// parsePrefix reads an address or a network; what is beyond the prefix is dropped.
func parsePrefix(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	return p.Masked(), err
}
