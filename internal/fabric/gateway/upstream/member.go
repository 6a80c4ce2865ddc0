package upstream

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// window is over which an error rate is looked at.
const window = 10 * time.Second

// Member is one instance, with what is known of it.
type Member struct {
	Endpoint

	cluster *Cluster
	pool    *pool
	active  atomic.Int64
	// weight is Endpoint.Weight as it is now.
	weight atomic.Int64
	// joined is when it came or was taken back; 0 is long ago.
	joined atomic.Int64
	// ejected is until when it is left out.
	ejected atomic.Int64
	// failures counts those in a row.
	failures atomic.Int32
	// ill is what the checks found.
	ill atomic.Bool
	// asked, broken and out count requests, those that failed, and how often it was
	// left out.
	asked, broken, out atomic.Int64

	mu            sync.Mutex
	times         int
	since         time.Time
	total, failed int
	// checking, good and bad are of the checks.
	checking  atomic.Bool
	nextCheck time.Time
	good, bad int
}

// Active returns how many requests are under way.
func (m *Member) Active() int64 { return m.active.Load() }

// Counts is what was counted of a member.
type Counts struct {
	// Requests were answered or failed; Failures are those that failed, or were
	// answered with 5xx. Ejections are how often it was left out.
	Requests, Failures, Ejections int64
	// Ill is what the checks found, Ejected that it is left out now.
	Ill, Ejected bool
}

// Counts returns what was counted of the member so far.
func (m *Member) Counts() Counts {
	return Counts{
		Requests: m.asked.Load(), Failures: m.broken.Load(), Ejections: m.out.Load(),
		Ill: m.ill.Load(), Ejected: m.ejected.Load() > time.Now().UnixNano(),
	}
}

// Usable tells that it is neither ill nor left out.
func (m *Member) Usable() bool { return m.usable(0) }

// usable asks the clock only where it must; now is in nanoseconds, 0 for unknown.
func (m *Member) usable(now int64) bool {
	if m.ill.Load() {
		return false
	}
	until := m.ejected.Load()
	if until == 0 {
		return true
	}
	if now == 0 {
		now = time.Now().UnixNano()
	}
	if now < until {
		return false
	}
	if m.ejected.CompareAndSwap(until, 0) {
		m.joined.Store(now)
		m.failures.Store(0)
	}
	return true
}

// load is what it has to do, more where it starts slowly.
func (m *Member) load(now int64) float64 {
	l := float64(m.active.Load() + 1)
	slow := int64(m.cluster.settings.SlowStart)
	if slow == 0 {
		return l
	}
	if age := now - m.joined.Load(); age < slow {
		return l / max(0.1, float64(age)/float64(slow))
	}
	return l
}

// Do has the member answer the exchange: it sends the request and reads the
// head of the answer into it. The body follows as a stream, unless it is small.
// On an error the answer is not to be used; whether the member may have seen
// the request is Unseen's to say.
func (m *Member) Do(x *exchange.Exchange, c Call) error {
	judged, err := m.cluster.door.enter(x.Context(), c.HeadTimeout)
	if err != nil {
		return err
	}
	m.active.Add(1)
	if m.cluster.two != nil {
		err = m.doTwo(x, c)
	} else {
		err = m.doOne(x, c)
	}
	if err != nil {
		m.leave()
	}
	m.judge(x, err, judged)
	return err
}

// leave ends what Do began, once nothing of the exchange is under way any more.
func (m *Member) leave() {
	m.active.Add(-1)
	m.cluster.door.leave()
}

// judge notes how the member did; what the client broke says nothing of it.
func (m *Member) judge(x *exchange.Exchange, err error, judged func(error)) {
	if err != nil && (x.Context().Err() != nil || x.Body.Err() != nil) {
		if judged != nil {
			judged(nil)
		}
		return
	}
	status := x.Response.StatusCode()
	server := err != nil || status >= http.StatusInternalServerError
	if judged != nil {
		if server && err == nil {
			err = errServer
		}
		judged(err)
	}
	m.note(err != nil || status == http.StatusBadGateway || status == http.StatusServiceUnavailable || status == http.StatusGatewayTimeout, server)
}

var errServer = errors.New("the service failed")

// note counts an answer, and leaves the member out when it fails too often.
func (m *Member) note(broken, server bool) {
	o := m.cluster.settings.Outliers
	out := false
	if m.asked.Add(1); server {
		m.broken.Add(1)
	}
	if broken {
		out = int(m.failures.Add(1)) >= o.ConsecutiveErrors
	} else if m.failures.Load() != 0 {
		m.failures.Store(0)
	}
	if o.ErrorPercent > 0 {
		out = m.rate(server, o) || out
	}
	if out {
		m.cluster.eject(m)
	}
}

func (m *Member) rate(server bool, o *Outliers) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if now := time.Now(); now.Sub(m.since) > window {
		m.since, m.total, m.failed = now, 0, 0
	}
	m.total++
	if server {
		m.failed++
	}
	return m.total >= o.MinRequests && m.failed*100 >= o.ErrorPercent*m.total
}

// eject leaves a member out, unless half of them are already.
func (c *Cluster) eject(m *Member) {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := *c.members.Load()
	now := time.Now()
	out := 0
	for _, other := range all {
		if other.ejected.Load() > now.UnixNano() {
			out++
		}
	}
	if m.ejected.Load() > now.UnixNano() || 2*(out+1) > len(all) {
		return
	}
	o := c.settings.Outliers
	m.mu.Lock()
	defer m.mu.Unlock()
	if now.Sub(time.Unix(0, m.joined.Load())) > time.Duration(o.MaxEjection) {
		m.times = 0
	}
	pause := time.Duration(o.MaxEjection)
	if m.times < 16 {
		pause = min(pause, time.Duration(o.BaseEjection)<<m.times)
	}
	m.times++
	m.out.Add(1)
	m.total, m.failed = 0, 0
	m.ejected.Store(now.Add(pause).UnixNano())
}
