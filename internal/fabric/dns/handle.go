package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/platform/ratelimit"
)

// The bounds of one message: sections of an update, and records beside a question; and of the
// updates and transfers that are underway. More of these are answered SERVFAIL and REFUSED: who
// sends them tries again.
const (
	maxSection   = 1000
	maxExtra     = 4
	maxUpdates   = 64
	maxTransfers = 16
)

// unsignedRate is how often a network has a line of the log about what it sends and may not.
func unsignedRate() ratelimit.Rate { return ratelimit.PerMinute(60, 20) }

// accept says by a message's header whether it is read: questions, and updates, whose sections
// are as long as they like up to a bound (the library's own choice drops updates).
func accept(h dns.Header) dns.MsgAcceptAction {
	const response = 1 << 15
	if h.Bits&response != 0 {
		return dns.MsgIgnore
	}
	switch int(h.Bits>>11) & 0xF {
	case dns.OpcodeUpdate:
		if h.Qdcount != 1 || h.Ancount > maxSection || h.Nscount > maxSection || h.Arcount > maxExtra {
			return dns.MsgReject
		}
		return dns.MsgAccept
	case dns.OpcodeQuery, dns.OpcodeNotify:
		if h.Qdcount != 1 || h.Ancount > 1 || h.Nscount > 1 || h.Arcount > maxExtra {
			return dns.MsgReject
		}
		return dns.MsgAccept
	}
	return dns.MsgRejectNotImplemented
}

func (s *Server) handle(ctx context.Context, w dns.ResponseWriter, query *dns.Msg) {
	from, udp := client(w.RemoteAddr())
	t := query.IsTsig()
	if t != nil && w.TsigStatus() != nil {
		s.send(ctx, w, query, unproven(query, t, w.TsigStatus(), s.dns.Clock.Now()), udp)
		return
	}
	transfer := query.Opcode == dns.OpcodeQuery && len(query.Question) == 1 && (query.Question[0].Qtype == dns.TypeAXFR || query.Question[0].Qtype == dns.TypeIXFR)
	switch {
	case query.Opcode == dns.OpcodeUpdate:
		s.update(ctx, w, query, from, udp)
	case transfer:
		s.transfer(ctx, w, query, from, udp)
	case query.Opcode == dns.OpcodeNotify: // it is the primary of all its zones
		s.send(ctx, w, query, new(dns.Msg).SetRcode(query, dns.RcodeNotAuth), udp)
	default:
		s.send(ctx, w, query, s.dns.Resolve(ctx, from, query), udp)
	}
}

func client(remote net.Addr) (from netip.Addr, udp bool) {
	switch a := remote.(type) {
	case *net.UDPAddr:
		return a.AddrPort().Addr().Unmap(), true
	case *net.TCPAddr:
		return a.AddrPort().Addr().Unmap(), false
	}
	return netip.Addr{}, false
}

// unproven is the reply to a message whose signature is wrong (RFC 8945 §5.2): unsigned, but
// for a wrong time, which the key is good for.
func unproven(query *dns.Msg, t *dns.TSIG, err error, now time.Time) *dns.Msg {
	reply := new(dns.Msg).SetRcode(query, dns.RcodeNotAuth)
	back := &dns.TSIG{
		Hdr:       dns.RR_Header{Name: t.Hdr.Name, Rrtype: dns.TypeTSIG, Class: dns.ClassANY},
		Algorithm: t.Algorithm, TimeSigned: t.TimeSigned, Fudge: t.Fudge, OrigId: query.Id, Error: dns.RcodeBadSig,
	}
	switch {
	case errors.Is(err, dns.ErrSecret), errors.Is(err, dns.ErrKeyAlg):
		back.Error = dns.RcodeBadKey
	case errors.Is(err, dns.ErrTime):
		back.Error = dns.RcodeBadTime
		back.OtherLen, back.OtherData = 6, fmt.Sprintf("%012x", now.Unix()) // §5.2.3
	}
	reply.Extra = append(reply.Extra, back)
	return reply
}

func (s *Server) update(ctx context.Context, w dns.ResponseWriter, query *dns.Msg, from netip.Addr, udp bool) {
	s.send(ctx, w, query, new(dns.Msg).SetRcode(query, s.updated(ctx, query, from)), udp)
}

// updated does an update, and returns the code of the reply.
func (s *Server) updated(ctx context.Context, query *dns.Msg, from netip.Addr) int {
	t := query.IsTsig()
	if t == nil {
		s.tell(ctx, "an unsigned dynamic update was refused", from, query)
		return dns.RcodeRefused
	}
	k := s.dns.keyNamed(t)
	if k == nil { // it was deleted a moment ago
		return dns.RcodeRefused
	}
	select {
	case s.dns.updates <- struct{}{}:
		defer func() { <-s.dns.updates }()
		return s.dns.Update(ctx, k, query)
	default:
		s.tell(ctx, "too many dynamic updates are underway", from, query)
		return dns.RcodeServerFailure
	}
}

// tell writes a line about a message that was refused, not more often than is worth it.
func (s *Server) tell(ctx context.Context, what string, from netip.Addr, query *dns.Msg) {
	if s.dns.unsigned.Take(ratelimit.NetworkOf(from), unsignedRate(), s.dns.Clock.Now()).OK {
		s.log.InfoContext(ctx, what, "from", from.String(), "zone", query.Question[0].Name)
	}
}

func (s *Server) transfer(ctx context.Context, w dns.ResponseWriter, query *dns.Msg, from netip.Addr, udp bool) {
	select {
	case s.dns.transfers <- struct{}{}:
		defer func() { <-s.dns.transfers }()
	default:
		s.tell(ctx, "too many transfers are underway", from, query)
		s.send(ctx, w, query, new(dns.Msg).SetRcode(query, dns.RcodeRefused), udp)
		return
	}
	var k *heldKey
	if t := query.IsTsig(); t != nil {
		k = s.dns.keyNamed(t)
	}
	records, code := s.dns.transfer(from, k, query)
	if code != dns.RcodeSuccess {
		s.tell(ctx, "a transfer was refused", from, query)
		s.send(ctx, w, query, new(dns.Msg).SetRcode(query, code), udp)
		return
	}
	if udp { // the SOA alone has who asks come over TCP (RFC 1995 §2)
		reply := new(dns.Msg).SetReply(query)
		reply.Authoritative = true
		if query.Question[0].Qtype == dns.TypeIXFR {
			reply.Answer = records[:1]
		} else {
			reply.Truncated = true
		}
		s.send(ctx, w, query, reply, udp)
		return
	}
	if err := new(dns.Transfer).Out(w, query, envelopes(records)); err != nil {
		s.log.InfoContext(ctx, "a transfer ended early", "to", from.String(), "zone", query.Question[0].Name, "error", err)
	}
}

// send sends a reply, cut to what its client takes, and signed where the query was.
func (s *Server) send(ctx context.Context, w dns.ResponseWriter, query, reply *dns.Msg, udp bool) {
	if udp {
		fit(reply, query)
	} else {
		reply.Truncate(dns.MaxMsgSize)
	}
	if t := query.IsTsig(); t != nil && w.TsigStatus() == nil && reply.IsTsig() == nil {
		reply.SetTsig(t.Hdr.Name, t.Algorithm, t.Fudge, s.dns.Clock.Now().Unix())
	}
	if err := w.WriteMsg(reply); err != nil {
		s.log.DebugContext(ctx, "a DNS reply was not sent", "error", err)
	}
}
