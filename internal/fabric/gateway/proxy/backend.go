package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"iter"
	"strings"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// target is a route.Backend, ready to be asked.
type target struct {
	route.Backend

	// scope is whose route it is of.
	scope kernel.Scope
	// key is the same for backends that share what is known of their instances:
	// one service of one scope, spoken to in one way.
	key string
	// addr and host are where a backend outside answers, and what it is asked for as;
	// empty is a service.
	addr, host string
	cluster    atomic.Pointer[upstream.Cluster]
}

func newTarget(scope kernel.Scope, b route.Backend) *target {
	b.Settings = b.Spoken()
	settings, err := json.Marshal(b.Settings)
	if err != nil {
		settings = nil // it was read from JSON
	}
	t := &target{Backend: b, scope: scope, key: strings.Join([]string{scope.String(), b.Service, b.Port, b.URL, string(settings)}, "\n")}
	if b.Outside() {
		t.addr, t.host = b.Address()
	}
	return t
}

// said names the target for clients, who are not told addresses.
func (t *target) said() string {
	if t.Outside() {
		return "The service behind this route"
	}
	return "Service " + t.Service
}

// name tells the target from others of its rule.
func (t *target) name() string {
	if t.Outside() {
		return t.URL
	}
	return t.Service
}

// cluster returns the instances of a target's service as they are now.
func (p *Proxy) cluster(t *target) *upstream.Cluster {
	c := t.cluster.Load()
	if c == nil {
		c = p.clusterOf(t)
	}
	p.refresh(t, c)
	return c
}

// refresh asks which instances there are.
func (p *Proxy) refresh(t *target, c *upstream.Cluster) {
	scratch := p.scratch.Get().(*[]upstream.Endpoint) //nolint:forcetypeassert // what is stored
	if t.Outside() {
		*scratch = append((*scratch)[:0], upstream.Endpoint{Addr: t.addr})
	} else {
		*scratch = p.endpoints((*scratch)[:0], t.scope, t.Service, t.Port)
	}
	c.Update(*scratch)
	p.scratch.Put(scratch)
}

// endpoints asks the port for one address or for all, as it can.
func (p *Proxy) endpoints(to []upstream.Endpoint, scope kernel.Scope, service, port string) []upstream.Endpoint {
	switch {
	case p.several != nil:
		return p.several.Endpoints(to, scope, service, port)
	case p.config.Upstreams == nil:
		return to
	}
	if addr, release, ok := p.config.Upstreams.Upstream(scope, service, port); ok {
		to = append(to, upstream.Endpoint{Addr: addr, Release: release})
	}
	return to
}

// clusterOf makes the cluster of a target, or finds the one that it shares.
func (p *Proxy) clusterOf(t *target) *upstream.Cluster {
	p.mu.Lock()
	defer p.mu.Unlock()
	known, ok := p.clusters[t.key]
	if !ok {
		config := upstream.Config{Settings: t.Settings, TLS: p.secure(t)}
		if t.Outside() {
			config.Dial = p.outside(t)
		}
		known = cluster{upstream.NewCluster(config), t}
		p.clusters[t.key] = known
	}
	t.cluster.Store(known.Cluster)
	return known.Cluster
}

// cluster is one with a target that it was made for.
type cluster struct {
	*upstream.Cluster

	of *target
}

// secure says how a service proves who it is, and the gateway to it. Whom the platform trusts
// changes when its authorities do.
func (p *Proxy) secure(to *target) func() *tls.Config {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	t := to.TLS
	if p.config.Peer != nil && t != nil && !to.Outside() {
		return func() *tls.Config { return p.config.Peer(t.ServerName) }
	}
	if t != nil {
		c.ServerName = t.ServerName
	}
	if t != nil && t.CA != "" {
		c.RootCAs = x509.NewCertPool()
		c.RootCAs.AppendCertsFromPEM([]byte(t.CA))
	}
	if t != nil && t.ClientCertificate && p.config.ClientCertificate != nil {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return p.config.ClientCertificate() }
	}
	if to.Outside() || c.RootCAs != nil || p.config.Roots == nil { // outside it is whom the machine trusts
		return func() *tls.Config { return c }
	}
	return func() *tls.Config {
		c := c.Clone()
		c.RootCAs = p.config.Roots()
		return c
	}
}

// sweepEvery is how often resting connections are looked at, and routes for
// services to check.
const sweepEvery = 5 * time.Second

// Watch checks the health of services and tidies connections until ctx ends.
func (p *Proxy) Watch(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var seen *Table
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		now := time.Now()
		if t := p.config.Routes.Table(); t != seen {
			p.follow(t)
			seen = t
		}
		timer.Reset(min(sweepEvery, max(time.Until(p.tend(ctx, now)), time.Millisecond)))
	}
}

// follow makes the clusters that are checked, and forgets those that no route
// has any more.
func (p *Proxy) follow(t *Table) {
	live := map[string]bool{}
	checked := map[string]*target{}
	for _, e := range t.entries {
		for _, r := range e.rules {
			for b := range r.asked() {
				live[b.key] = true
				if b.Health != nil {
					p.clusterOf(b)
					checked[b.key] = b
				}
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.checked = checked
	for key, c := range p.clusters {
		if !live[key] {
			c.Retire()
			delete(p.clusters, key)
		}
	}
}

// asked are the services of a rule, with those that get copies.
func (r *rule) asked() iter.Seq[*target] {
	return func(yield func(*target) bool) {
		for _, t := range r.targets {
			if !yield(t) {
				return
			}
		}
		for _, m := range r.mirrors {
			if !yield(m.target) {
				return
			}
		}
	}
}

// tend does what is due and says when the next check is.
func (p *Proxy) tend(ctx context.Context, now time.Time) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := now.Add(sweepEvery)
	for _, t := range p.checked {
		p.refresh(t, t.cluster.Load())
	}
	for _, c := range p.clusters {
		c.Sweep(now)
		if due := c.Check(ctx, now); !due.IsZero() && due.Before(next) {
			next = due
		}
	}
	return next
}
