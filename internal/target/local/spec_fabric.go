package local

import (
	"github.com/terrace-idp/terrace/internal/kernel"
)

// recordSpec declares a DNS record; its name is relative to the stage's zone.
type recordSpec struct {
	Type   string   `json:"type"`
	TTL    int      `json:"ttl"`
	Values []string `json:"values"`
}

func (s *recordSpec) check() (problems []kernel.Problem) {
	switch s.Type {
	case "A", "AAAA", "CNAME", "TXT":
	default:
		problems = append(problems, problem("type", "%q is none of A, AAAA, CNAME and TXT", s.Type))
	}
	if s.TTL < 1 || s.TTL > 86400 {
		problems = append(problems, problem("ttl", "%d is not between 1 and 86400 seconds", s.TTL))
	}
	if len(s.Values) == 0 || len(s.Values) > 32 {
		problems = append(problems, problem("values", "there are %d; there must be 1 to 32", len(s.Values)))
	}
	return problems
}

// routeSpec declares a route of the gateway.
type routeSpec struct {
	Host    string `json:"host"`
	Path    string `json:"path"`
	Service string `json:"service"`
	Port    string `json:"port,omitempty"`
}

func (s *routeSpec) check() (problems []kernel.Problem) {
	if s.Host == "" {
		problems = append(problems, problem("host", "it is missing"))
	}
	if !isName(s.Service) {
		problems = append(problems, problem("service", "%q is no name of a service", s.Service))
	}
	return problems
}

// secretSpec declares a generated secret.
type secretSpec struct {
	Length int `json:"length"`
}

func (s *secretSpec) check() []kernel.Problem {
	if s.Length < 16 || s.Length > 256 {
		return []kernel.Problem{problem("length", "%d is not between 16 and 256", s.Length)}
	}
	return nil
}

// topicSpec declares a topic.
type topicSpec struct {
	Subject        string `json:"subject,omitempty"`
	RetentionHours int    `json:"retention_hours"`
}

func (s *topicSpec) check() []kernel.Problem {
	if s.RetentionHours < 1 || s.RetentionHours > 8760 {
		return []kernel.Problem{problem("retention_hours", "%d is not between 1 and 8760", s.RetentionHours)}
	}
	return nil
}

// configSpec declares that a workload reads its configuration.
type configSpec struct {
	// Secret is the declared secret that the token has its value of, "" for one of its own,
	// and Version the number of its value.
	Secret   string `json:"secret,omitempty"`
	Version  int64  `json:"secret_version,omitempty"`
	Workload string `json:"workload"`
}

func (s *configSpec) check() []kernel.Problem {
	if !isName(s.Workload) {
		return []kernel.Problem{problem("workload", "%q is no name of a workload", s.Workload)}
	}
	if s.Secret != "" && !isName(s.Secret) {
		return []kernel.Problem{problem("secret", "%q is no name of a secret", s.Secret)}
	}
	return nil
}

// secretOf names the secret whose value is the token's.
func (s configSpec) secretOf(k Key) string {
	if s.Secret != "" {
		return s.Secret
	}
	return passwordName(k)
}

// documentsSpec declares the collections of a document database, each with the paths of its
// indexes.
type documentsSpec struct {
	Collections map[string]map[string]string `json:"collections"`
}

func (s *documentsSpec) check() []kernel.Problem {
	if len(s.Collections) == 0 {
		return []kernel.Problem{problem("collections", "there are none; declare one at least")}
	}
	return nil
}

// serverSpec declares a cache or a database.
type serverSpec struct {
	// TLS is offered beside plain connections, or required; "" is offered.
	TLS string `json:"tls,omitempty"`
}

func (s *serverSpec) check() []kernel.Problem {
	if s.TLS != "" && s.TLS != tlsOffered && s.TLS != tlsRequired {
		return []kernel.Problem{problem("tls", "%q is neither %s nor %s", s.TLS, tlsOffered, tlsRequired)}
	}
	return nil
}

// emptySpec declares what needs nothing but its name.
type emptySpec struct{}

func (*emptySpec) check() []kernel.Problem { return nil }
