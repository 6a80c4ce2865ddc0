package forward

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	// udpSize is the largest answer that is never cut into fragments (RFC 9715).
	udpSize = 1232
	// tryTimeout bounds how long one server is waited for.
	tryTimeout = 2 * time.Second
	// keptIdle is how long an idle connection is used again, and keptConns how many of a
	// server are kept.
	keptIdle  = 8 * time.Second
	keptConns = 8
)

// query asks a server once, over TCP where the answer does not fit.
func (r *Resolver) query(ctx context.Context, s Server, q *dns.Msg) (*dns.Msg, error) {
	reply, err := r.try(ctx, s, q)
	if err == nil && reply.Truncated && s.Net == "udp" {
		s.Net = "tcp"
		reply, err = r.try(ctx, s, q)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s, err)
	}
	switch reply.Rcode {
	case dns.RcodeSuccess, dns.RcodeNameError:
		return reply, nil
	default:
		return nil, fmt.Errorf("%s answers %s", s, dns.RcodeToString[reply.Rcode])
	}
}

// try sends a query under an id of its own. UDP has a socket, and so a port, of its own for
// each, against answers of others than who was asked (RFC 5452).
func (r *Resolver) try(ctx context.Context, s Server, q *dns.Msg) (*dns.Msg, error) {
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	q = q.Copy()
	q.Id = dns.Id()
	client := &dns.Client{Net: s.Net, Timeout: tryTimeout}
	if s.Net == "tcp-tls" {
		client.TLSConfig = &tls.Config{ServerName: s.Name, RootCAs: r.Roots, MinVersion: tls.VersionTLS12}
	}
	conn, used, err := r.conn(ctx, client, s)
	if err != nil {
		return nil, err
	}
	reply, err := exchange(ctx, conn, q, s.Net == "udp")
	if err != nil && used && ctx.Err() == nil { // the server has closed it meanwhile
		_ = conn.Close()
		if conn, err = client.DialContext(ctx, s.Address); err != nil {
			return nil, err
		}
		reply, err = exchange(ctx, conn, q, false)
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	r.release(s, conn)
	return reply, nil
}

// exchange sends a query and waits for what answers it. Packets that do not are passed over, as
// somebody else's: they must not end the wait for the real one (RFC 5452 §9.1).
func exchange(ctx context.Context, conn *dns.Conn, q *dns.Msg, packets bool) (*dns.Msg, error) {
	if until, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(until); err != nil {
			return nil, err
		}
	}
	conn.UDPSize = udpSize
	if err := conn.WriteMsg(q); err != nil {
		return nil, err
	}
	for {
		packet, err := conn.ReadMsgHeader(nil)
		if packets && errors.Is(err, dns.ErrShortRead) {
			continue
		} else if err != nil {
			return nil, err
		}
		reply := new(dns.Msg)
		if err = reply.Unpack(packet); err == nil {
			err = echoes(reply, q)
		}
		if err == nil || !packets {
			return reply, err
		}
	}
}

// echoes reports why an answer is not one to the question.
func echoes(reply, q *dns.Msg) error {
	if !reply.Response || reply.Id != q.Id || len(reply.Question) != 1 {
		return errors.New("what came is no answer to the question")
	}
	a, b := reply.Question[0], q.Question[0]
	if a.Qtype != b.Qtype || a.Qclass != b.Qclass || !strings.EqualFold(a.Name, b.Name) {
		return errors.New("what came answers another question")
	}
	return nil
}

// idle is a connection that may be used again.
type idle struct {
	conn  *dns.Conn
	since time.Time
}

func (r *Resolver) conn(ctx context.Context, client *dns.Client, s Server) (conn *dns.Conn, used bool, err error) {
	if s.Net != "udp" {
		r.mu.Lock()
		for kept := r.idle[s]; len(kept) > 0; kept = r.idle[s] {
			last := kept[len(kept)-1]
			r.idle[s] = kept[:len(kept)-1]
			if time.Since(last.since) < keptIdle {
				r.mu.Unlock()
				return last.conn, true, nil
			}
			_ = last.conn.Close()
		}
		r.mu.Unlock()
	}
	conn, err = client.DialContext(ctx, s.Address)
	return conn, false, err
}

func (r *Resolver) release(s Server, conn *dns.Conn) {
	if s.Net == "udp" {
		_ = conn.Close()
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.idle[s]) >= keptConns {
		_ = conn.Close()
		return
	}
	r.tidy()
	r.idle[s] = append(r.idle[s], idle{conn, time.Now()})
}

// tidy ends connections that have been idle for too long: of each server the oldest come first.
func (r *Resolver) tidy() {
	for s, kept := range r.idle {
		for len(kept) > 0 && time.Since(kept[0].since) >= keptIdle {
			_ = kept[0].conn.Close()
			kept = kept[1:]
		}
		if r.idle[s] = kept; len(kept) == 0 {
			delete(r.idle, s)
		}
	}
}

// Close ends the connections that are idle.
func (r *Resolver) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s, kept := range r.idle {
		for _, one := range kept {
			_ = one.conn.Close()
		}
		delete(r.idle, s)
	}
}
