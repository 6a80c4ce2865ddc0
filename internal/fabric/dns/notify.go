package dns

import (
	"context"
	"fmt"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// notifyTimeout bounds one try, notifyAgain is when a secondary that did not answer is
	// told again, and notifyAtOnce how many are told at a time.
	notifyTimeout = 2 * time.Second
	notifyAgain   = 15 * time.Second
	notifyAtOnce  = 16
	// notifyTries is how often; then it finds out by its refresh (RFC 1996 §3.6).
	notifyTries = 5
)

// secondary is a server that is told of the changes of a zone.
type secondary struct {
	zone    of
	address string
}

// notified is what a secondary was told.
type notified struct {
	serial uint32
	tries  int
	done   bool
}

// Notify tells secondaries of changes (RFC 1996), each once it has a new serial, and again
// until it answers. It returns when ctx ends.
func (s *Service) Notify(ctx context.Context) error {
	told := map[secondary]notified{}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.changed:
		case <-timer.C:
		}
		told = s.notifyAll(ctx, told)
		timer.Reset(notifyAgain)
	}
}

// notifyAll tells those that have not answered about the serial that there is.
func (s *Service) notifyAll(ctx context.Context, before map[secondary]notified) map[secondary]notified {
	type call struct {
		secondary
		name   string
		serial uint32
		ok     bool
	}
	var calls []*call
	now := map[secondary]notified{}
	for key, h := range s.snapshot.Load().zones {
		for _, address := range h.Secondary.Notify {
			at := secondary{key, address}
			state := before[at]
			if serial := h.base.SOA.Serial; state.serial != serial {
				state = notified{serial: serial}
			}
			if !state.done && state.tries < notifyTries {
				calls = append(calls, &call{at, h.base.Name, state.serial, false})
				state.tries++
			}
			now[at] = state
		}
	}
	var g errgroup.Group
	g.SetLimit(notifyAtOnce)
	for _, c := range calls {
		g.Go(func() error {
			c.ok = notifyOne(ctx, c.address, c.name) == nil
			return nil
		})
	}
	_ = g.Wait() // none fails
	for _, c := range calls {
		state := now[c.secondary]
		state.done = c.ok
		now[c.secondary] = state
	}
	return now
}

func notifyOne(ctx context.Context, address, name string) error {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	reply, _, err := (&dns.Client{Timeout: notifyTimeout}).ExchangeContext(ctx, new(dns.Msg).SetNotify(name), address)
	if err == nil && reply.Rcode != dns.RcodeSuccess {
		err = fmt.Errorf("%s answers %s", address, dns.RcodeToString[reply.Rcode])
	}
	return err
}

// Standing is how far a secondary is.
type Standing struct {
	Address string `json:"address"`
	// Serial is the one that it answers with, 0 where it does not.
	Serial  int64  `json:"serial" doc:"The serial that it has; 0 where it does not answer."`
	Current bool   `json:"current" doc:"Whether it has all changes."`
	Error   string `json:"error,omitempty" doc:"Why it is not known how far it is."`
}

// Secondaries asks each secondary of a zone which serial it has.
func (s *Service) Secondaries(ctx context.Context, tenant, name string) ([]Standing, error) {
	z, err := s.Zone(ctx, tenant, name)
	if err != nil {
		return nil, err
	}
	if err := s.Authorizer.Authorize(ctx, actionWrite, z.Scope); err != nil { // it has the server call out
		return nil, err
	}
	if len(z.Secondary.Notify) == 0 {
		return nil, kernel.Errorf(kernel.Refused, "zone %s has no secondaries that are told", z.Name).WithFix("name them with: terrace dns zone set %s --notify ADDRESS:PORT", z.Name)
	}
	all := make([]Standing, len(z.Secondary.Notify))
	var g errgroup.Group
	g.SetLimit(notifyAtOnce)
	for i, address := range z.Secondary.Notify {
		g.Go(func() error {
			all[i] = standing(ctx, address, z)
			return nil
		})
	}
	return all, g.Wait()
}

func standing(ctx context.Context, address string, z Zone) Standing {
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	out := Standing{Address: address}
	q := new(dns.Msg).SetQuestion(z.FQDN(), dns.TypeSOA)
	q.RecursionDesired = false
	reply, _, err := (&dns.Client{Timeout: notifyTimeout}).ExchangeContext(ctx, q, address)
	if err != nil {
		out.Error = "it does not answer"
		return out
	}
	for _, rr := range reply.Answer {
		if soa, ok := rr.(*dns.SOA); ok {
			out.Serial, out.Current = int64(soa.Serial), soa.Serial == uint32(z.Serial)
			return out
		}
	}
	out.Error = "it answers " + dns.RcodeToString[reply.Rcode] + " without a SOA"
	return out
}
