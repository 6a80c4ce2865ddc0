package forward

import (
	"time"

	"github.com/miekg/dns"
)

const (
	// maxChain bounds how many aliases of an answer are followed.
	maxChain = 16
	// maxKept and maxAbsent bound how long answers and absences are kept.
	maxKept   = 24 * time.Hour
	maxAbsent = time.Hour
)

// Answer is what is known about a question. Nobody may change its records.
type Answer struct {
	Rcode int
	// Records are the chain of aliases from the name, and what lies at its end.
	Records []dns.RR
	// Absence is the SOA that says for how long there is nothing, if any.
	Absence []dns.RR
	// Authentic says that the servers have validated it (RFC 4035 §3.2.3).
	Authentic bool
	// Stale says that its time is over and nobody could be asked.
	Stale bool
	// Server is who said it, and Age for how long it has been known.
	Server string
	Age    time.Duration
}

// believe takes of a reply what belongs to its question: the chain that begins at the name
// that was asked for, and of the authority the SOA above that name. So nothing is kept that a
// server was not asked (RFC 5452 §6).
func believe(reply *dns.Msg, q dns.Question) (a Answer, keep time.Duration) {
	a = Answer{Rcode: reply.Rcode, Authentic: reply.AuthenticatedData}
	name, complete := dns.CanonicalName(q.Name), false
	least := uint32(maxKept / time.Second)
	for hop := 0; hop < maxChain && !complete; hop++ {
		next := ""
		for _, rr := range reply.Answer {
			h := rr.Header()
			if h.Class != q.Qclass || dns.CanonicalName(h.Name) != name {
				continue
			}
			sig, signed := rr.(*dns.RRSIG)
			alias, isAlias := rr.(*dns.CNAME)
			switch {
			case signed && (sig.TypeCovered == q.Qtype || sig.TypeCovered == dns.TypeCNAME):
			case h.Rrtype == q.Qtype || q.Qtype == dns.TypeANY:
				complete = true
			case isAlias && next == "":
				next = dns.CanonicalName(alias.Target)
			default:
				continue
			}
			a.Records, least = append(a.Records, rr), min(least, h.Ttl)
		}
		if next == "" || complete {
			break
		}
		name = next
	}
	if complete {
		return a, time.Duration(least) * time.Second
	}
	return absence(a, reply, name, least)
}

// absence finds for how long there is nothing (RFC 2308 §5). Without a SOA that is not known,
// and nothing is kept.
func absence(a Answer, reply *dns.Msg, name string, least uint32) (Answer, time.Duration) {
	for _, rr := range reply.Ns {
		soa, ok := rr.(*dns.SOA)
		if !ok || !dns.IsSubDomain(dns.CanonicalName(soa.Hdr.Name), name) {
			continue
		}
		a.Absence = []dns.RR{soa}
		for _, other := range reply.Ns {
			if h := other.Header(); other != rr && (h.Rrtype == dns.TypeRRSIG || h.Rrtype == dns.TypeNSEC || h.Rrtype == dns.TypeNSEC3) {
				a.Absence = append(a.Absence, other)
			}
		}
		return a, min(time.Duration(min(least, soa.Hdr.Ttl, soa.Minttl))*time.Second, maxAbsent)
	}
	return a, 0
}

// aged returns records with what is left of their TTLs.
func aged(all []dns.RR, by time.Duration, stale bool) []dns.RR {
	if len(all) == 0 {
		return nil
	}
	out := make([]dns.RR, len(all))
	seconds := uint32(by / time.Second)
	for i, rr := range all {
		rr = dns.Copy(rr)
		h := rr.Header()
		switch {
		case stale:
			h.Ttl = staleTTL
		case h.Ttl > seconds:
			h.Ttl -= seconds
		default:
			h.Ttl = 0
		}
		out[i] = rr
	}
	return out
}
