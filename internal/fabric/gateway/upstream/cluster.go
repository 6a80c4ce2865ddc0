package upstream

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Endpoint is one instance of a service, and which release runs there.
type Endpoint struct {
	Addr, Release string
	// Weight is its share of new requests against the weights of the others; where all have
	// 0, they share by what they have to do.
	Weight int
}

// is tells whether both are the same instance, whatever its share.
func (e Endpoint) is(o Endpoint) bool { return e.Addr == o.Addr && e.Release == o.Release }

// Config is what a Cluster needs.
type Config struct {
	Settings Settings
	// Dial opens connections; nil is TCP.
	Dial Dialer
	// TLS is how connections are secured, where the settings want it. It is asked for each.
	TLS func() *tls.Config
}

// Cluster is the instances of one service that are spoken to in one way.
type Cluster struct {
	settings Settings
	dial     Dialer
	two      *http.Transport
	probe    *http.Client
	door     *door
	// Budget bounds the retries.
	Budget Budget

	members atomic.Pointer[[]*Member]
	mu      sync.Mutex
	closed  bool
	checks  sync.WaitGroup
}

// NewCluster returns a Cluster without members; its owner closes it.
func NewCluster(c Config) *Cluster {
	s := &Cluster{settings: complete(c.Settings), dial: c.Dial}
	if s.dial == nil {
		d := &net.Dialer{KeepAlive: 30 * time.Second}
		s.dial = func(ctx context.Context, addr string) (net.Conn, error) { return d.DialContext(ctx, "tcp", addr) }
	}
	var secure func() *tls.Config
	if c.Settings.Secure() {
		secure = c.TLS
	}
	s.two, s.probe = s.newTwo(secure), s.newProbe(secure)
	if secure != nil {
		s.dial = secured(s.dial, secure, "http/1.1")
	}
	s.door = newDoor(s.settings)
	s.members.Store(&[]*Member{})
	return s
}

// secured shakes hands on each connection, which speaks a protocol then.
func secured(dial Dialer, secure func() *tls.Config, protocol string) Dialer {
	return func(ctx context.Context, addr string) (net.Conn, error) {
		c, err := dial(ctx, addr)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(c, named(secure(), addr, protocol))
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = c.Close()
			return nil, fmt.Errorf("handshake: %w", err)
		}
		return conn, nil
	}
}

// named are the settings for a connection to an address.
func named(config *tls.Config, addr, protocol string) *tls.Config {
	config = config.Clone()
	config.NextProtos = []string{protocol}
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	return config
}

// Update makes the endpoints the members; who stays keeps what is known of it.
func (c *Cluster) Update(endpoints []Endpoint) {
	if same(*c.members.Load(), endpoints) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	before := *c.members.Load()
	if same(before, endpoints) {
		return
	}
	now := time.Now()
	members := make([]*Member, 0, len(endpoints))
	for _, e := range endpoints {
		i := slices.IndexFunc(before, func(m *Member) bool { return m.is(e) })
		if i >= 0 {
			before[i].weight.Store(int64(e.Weight))
			members = append(members, before[i])
			continue
		}
		m := &Member{Endpoint: e, cluster: c}
		m.weight.Store(int64(e.Weight))
		m.pool = &pool{addr: e.Addr, dial: c.dial, closed: c.closed}
		if len(before) > 0 {
			m.joined.Store(now.UnixNano()) // the first ones have nobody to spare them
		}
		members = append(members, m)
	}
	c.members.Store(&members)
	for _, m := range before {
		if !slices.Contains(members, m) {
			m.pool.sweep(now, true)
		}
	}
}

func same(members []*Member, endpoints []Endpoint) bool {
	if len(members) != len(endpoints) {
		return false
	}
	for i, m := range members {
		if !m.is(endpoints[i]) || m.weight.Load() != int64(endpoints[i].Weight) {
			return false
		}
	}
	return true
}

// Members returns the instances, for those who look.
func (c *Cluster) Members() []*Member { return *c.members.Load() }

// Pick returns the member with less to do of two that are chosen at random
// (Mitzenmacher), nil where none may be asked. Where members have weights, one is chosen by
// those. Those that were tried come last.
func (c *Cluster) Pick(tried []*Member) *Member {
	all := *c.members.Load()
	switch len(all) {
	case 0:
		return nil
	case 1:
		if all[0].usable(0) {
			return all[0]
		}
		return nil
	}
	now := time.Now().UnixNano()
	if len(tried) == 0 {
		if m := byWeight(all); m != nil && m.usable(now) {
			return m
		}
	}
	i := rand.IntN(len(all))       //nolint:gosec // a share of work is no secret
	j := rand.IntN(len(all)-1) + 1 //nolint:gosec // as above
	a, b := all[i], all[(i+j)%len(all)]
	if len(tried) > 0 || !a.usable(now) || !b.usable(now) {
		a, b = c.search(all, i, now, tried)
		if a == nil && len(tried) > 0 {
			a, b = c.search(all, i, now, nil)
		}
	}
	if b == nil || a.load(now) <= b.load(now) {
		return a
	}
	return b
}

// byWeight chooses by weight, nil where no member has one.
func byWeight(all []*Member) *Member {
	var total int64
	for _, m := range all {
		total += m.weight.Load()
	}
	if total == 0 {
		return nil
	}
	n := rand.Int64N(total) //nolint:gosec // shares of traffic are no secret
	for _, m := range all {
		if n -= m.weight.Load(); n < 0 {
			return m
		}
	}
	return nil // the weights have changed meanwhile
}

// search returns up to two members that may be asked, from a place on.
func (c *Cluster) search(all []*Member, from int, now int64, without []*Member) (a, b *Member) {
	for k := range all {
		m := all[(from+k)%len(all)]
		switch {
		case !m.usable(now) || slices.Contains(without, m):
		case a == nil:
			a = m
		default:
			return a, m
		}
	}
	return a, nil
}

// Sweep closes connections that have rested too long.
func (c *Cluster) Sweep(now time.Time) {
	for _, m := range *c.members.Load() {
		m.pool.sweep(now, false)
	}
}

// Close drops the connections to the service, also those in use.
func (c *Cluster) Close() {
	c.mu.Lock()
	c.closed = true
	for _, m := range *c.members.Load() {
		m.pool.cut()
	}
	c.mu.Unlock()
	c.Retire()
	c.checks.Wait()
}

// Retire drops what rests; what is in use ends with its exchange.
func (c *Cluster) Retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, m := range *c.members.Load() {
		m.pool.sweep(time.Time{}, true)
	}
	if c.two != nil {
		c.two.CloseIdleConnections()
	}
}

// evict closes a resting connection of any member, so that another can be opened.
func (c *Cluster) evict() {
	for _, m := range *c.members.Load() {
		if old := m.pool.pop(); old != nil {
			m.pool.close(old)
			return
		}
	}
}
