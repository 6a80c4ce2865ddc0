package forward

import (
	"strings"

	"github.com/miekg/dns"
)

// Rule says who is asked about names at and below a domain.
type Rule struct {
	// Domain is canonical.
	Domain  string
	Servers []Server
	// id tells answers of different servers apart in the cache.
	id string
}

// Server is one that is asked.
type Server struct {
	// Net is how: udp, tcp or tcp-tls, as the DNS library calls it.
	Net string
	// Address is host:port.
	Address string
	// Name is whom its certificate is for, with tcp-tls.
	Name string
}

// String is the server as it is configured.
func (s Server) String() string {
	text := strings.Replace(s.Net, "tcp-tls", "tls", 1) + "://" + s.Address
	if s.Name != "" {
		text += "#" + s.Name
	}
	return text
}

// Rules are those of a network.
type Rules struct{ all map[string]*Rule }

// Add adds servers, each protocol://address:port#name, for a domain.
func (r *Rules) Add(domain string, servers []string) {
	if r.all == nil {
		r.all = map[string]*Rule{}
	}
	rule := &Rule{Domain: dns.CanonicalName(domain), id: strings.Join(servers, " ")}
	for _, text := range servers {
		protocol, rest, _ := strings.Cut(text, "://")
		address, name, _ := strings.Cut(rest, "#")
		rule.Servers = append(rule.Servers, Server{Net: strings.Replace(protocol, "tls", "tcp-tls", 1), Address: address, Name: name})
	}
	r.all[rule.Domain] = rule
}

// Find returns the rule of the closest domain of a canonical name, or nil.
func (r *Rules) Find(name string) *Rule {
	if r == nil || len(r.all) == 0 {
		return nil
	}
	for off, end := 0, false; !end; off, end = dns.NextLabel(name, off) {
		if rule := r.all[name[off:]]; rule != nil {
			return rule
		}
	}
	return r.all["."]
}

// Has reports whether servers can be asked about a canonical name.
func (r *Rules) Has(name string) bool { return r.Find(name) != nil }
