package dns

import (
	"context"
	"strings"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/zone"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// challengeLabel begins the names of DNS challenges (RFC 8555 §8.4).
const challengeLabel = "_acme-challenge."

// admitChallenges refuses a zone below one of the platform's, own, unless it is for the
// challenges of a name that its project may have certified: so a wildcard of the platform's
// zone can be proven.
func (s *Service) admitChallenges(ctx context.Context, z Zone, own string) error {
	name, ok := strings.CutPrefix(z.Name, challengeLabel)
	if !ok || s.Names == nil {
		return kernel.Errorf(kernel.Refused, "%s belongs to the platform, whose names follow deployments", z.Name).
			WithFix("choose a zone that is not %s and not below it; for DNS challenges of a name NAME that is yours: %sNAME", own, challengeLabel)
	}
	return s.Names.Check(ctx, z.Scope, name, false)
}

// Held answers a query from the zones of the platform and those that a scope may rely on,
// whichever networks see these: those of its tenant, of its project and of none where it has
// one. rest is the name at which others have to be asked, "" where there is none.
func (s *Service) Held(scope kernel.Scope, query *dns.Msg) (reply *dns.Msg, rest string) {
	held, table := s.snapshot.Load(), zone.Table{}
	for name, z := range held.own {
		table[name] = zone.Entry{Zone: z}
	}
	for key, h := range held.zones {
		if key.tenant == scope.Tenant && (scope.Project == "" || h.Scope.Project == "" || h.Scope.Project == scope.Project) {
			table[h.base.Name] = zone.Entry{Zone: h.base}
		}
	}
	reply = new(dns.Msg).SetReply(query)
	return reply, table.Answer(reply, query.Question[0], nil, nil)
}
