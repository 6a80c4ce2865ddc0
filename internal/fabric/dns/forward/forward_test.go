package forward_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"github.com/terrace-idp/terrace/internal/fabric/dns/forward"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// upstream is a server that is asked.
type upstream struct {
	server  *dns.Server
	address string
	asked   atomic.Int64
}

// answers makes the reply to a question.
type answers func(w dns.ResponseWriter, q, reply *dns.Msg)

// overUDP starts a server, and overTCP one at an address.
func overUDP(t *testing.T, reply answers) *upstream {
	t.Helper()
	packets, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return start(t, &upstream{server: &dns.Server{PacketConn: packets}, address: packets.LocalAddr().String()}, reply)
}

func overTCP(t *testing.T, address string, reply answers) *upstream {
	t.Helper()
	streams, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return start(t, &upstream{server: &dns.Server{Listener: streams}, address: streams.Addr().String()}, reply)
}

func start(t *testing.T, u *upstream, reply answers) *upstream {
	t.Helper()
	started, done := make(chan struct{}), make(chan error, 1)
	u.server.NotifyStartedFunc = func() { close(started) }
	u.server.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		u.asked.Add(1)
		reply(w, q, new(dns.Msg).SetReply(q))
	})
	go func() { done <- u.server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() {
		u.stop()
		<-done
	})
	return u
}

func (u *upstream) stop() { _ = u.server.Shutdown() }

// says has an answer consist of records, and behind "--" of those of the authority.
func says(t *testing.T, reply *dns.Msg, lines ...string) *dns.Msg {
	t.Helper()
	to := &reply.Answer
	for _, line := range lines {
		if line == "--" {
			to = &reply.Ns
			continue
		}
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Error(err)
		}
		*to = append(*to, rr)
	}
	return reply
}

// clock is set by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

type fixture struct {
	*forward.Resolver
	*clock

	t     *testing.T
	rules forward.Rules
}

func newFixture(t *testing.T, servers ...string) *fixture {
	t.Helper()
	f := &fixture{Resolver: forward.New(), clock: &clock{at: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, t: t}
	f.Resolver.Clock = f.now
	f.rules.Add(".", servers)
	t.Cleanup(f.Close)
	return f
}

// ask returns what comes as code and records, with their TTLs.
func (f *fixture) ask(name string, kind uint16) string {
	a, err := f.Resolve(context.Background(), f.rules.Find(name), forward.Question{Name: name, Type: kind})
	if err != nil {
		return string(kernel.KindOf(err))
	}
	out := []string{dns.RcodeToString[a.Rcode]}
	for _, rr := range append(a.Records, a.Absence...) {
		out = append(out, strings.Join(strings.Fields(rr.String()), " "))
	}
	if a.Stale {
		out = append(out, "(stale)")
	}
	return strings.Join(out, "; ")
}

func (f *fixture) want(want, name string, kind uint16) {
	f.t.Helper()
	if got := f.ask(name, kind); got != want {
		f.t.Errorf("%s is %q, and not %q", name, got, want)
	}
}

func TestAnswersAreKeptForTheirTime(t *testing.T) {
	t.Parallel()
	u := overUDP(t, func(w dns.ResponseWriter, q, reply *dns.Msg) {
		switch q.Question[0].Name {
		case "www.example.":
			says(t, reply, "www.example. 60 IN CNAME web.example.", "web.example. 20 IN A 192.0.2.1")
		case "empty.example.":
			says(t, reply, "--", "example. 300 IN SOA ns. h. 1 1 1 1 30")
		case "none.example.":
			says(t, reply, "--", "example. 10 IN SOA ns. h. 1 1 1 1 30").Rcode = dns.RcodeNameError
		case "once.example.":
			says(t, reply, "once.example. 0 IN A 192.0.2.2")
		case "silent.example.":
		}
		_ = w.WriteMsg(reply)
	})
	f := newFixture(t, "udp://"+u.address)
	f.want("NOERROR; www.example. 60 IN CNAME web.example.; web.example. 20 IN A 192.0.2.1", "www.example.", dns.TypeA)
	f.want("NOERROR; example. 300 IN SOA ns. h. 1 1 1 1 30", "empty.example.", dns.TypeA)
	f.want("NXDOMAIN; example. 10 IN SOA ns. h. 1 1 1 1 30", "none.example.", dns.TypeA)
	f.pass(5 * time.Second)
	f.want("NOERROR; www.example. 55 IN CNAME web.example.; web.example. 15 IN A 192.0.2.1", "www.example.", dns.TypeA)
	f.want("NOERROR; example. 295 IN SOA ns. h. 1 1 1 1 30", "empty.example.", dns.TypeA)
	f.want("NXDOMAIN; example. 5 IN SOA ns. h. 1 1 1 1 30", "none.example.", dns.TypeA)
	if n := u.asked.Load(); n != 3 {
		t.Errorf("what is known is asked again: %d questions", n)
	}
	f.pass(10 * time.Second)
	f.want("NXDOMAIN; example. 10 IN SOA ns. h. 1 1 1 1 30", "none.example.", dns.TypeA)
	f.pass(5 * time.Second)
	f.want("NOERROR; www.example. 60 IN CNAME web.example.; web.example. 20 IN A 192.0.2.1", "www.example.", dns.TypeA)
	f.want("NOERROR; example. 280 IN SOA ns. h. 1 1 1 1 30", "empty.example.", dns.TypeA)
	f.pass(10 * time.Second)
	f.want("NOERROR; example. 300 IN SOA ns. h. 1 1 1 1 30", "empty.example.", dns.TypeA)
	if n := u.asked.Load(); n != 6 {
		t.Errorf("what has had its time is not asked again: %d questions", n)
	}
	for range 2 {
		f.want("NOERROR; once.example. 0 IN A 192.0.2.2", "once.example.", dns.TypeA)
		f.want("NOERROR", "silent.example.", dns.TypeA)
	}
	if n := u.asked.Load(); n != 10 {
		t.Errorf("an answer without a time is kept: %d questions", n)
	}
}

func TestAnswersWhoseTimeIsOverAreBetterThanNone(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	u := overUDP(t, func(w dns.ResponseWriter, _, reply *dns.Msg) {
		if broken.Load() {
			reply.Rcode = dns.RcodeServerFailure
		} else {
			says(t, reply, "www.example. 60 IN A 192.0.2.1")
		}
		_ = w.WriteMsg(reply)
	})
	f := newFixture(t, "udp://"+u.address)
	f.want("NOERROR; www.example. 60 IN A 192.0.2.1", "www.example.", dns.TypeA)
	broken.Store(true)
	f.want("unavailable", "other.example.", dns.TypeA)
	f.pass(61 * time.Second)
	f.want("NOERROR; www.example. 30 IN A 192.0.2.1; (stale)", "www.example.", dns.TypeA)
	asked := u.asked.Load()
	f.want("NOERROR; www.example. 30 IN A 192.0.2.1; (stale)", "www.example.", dns.TypeA)
	if n := u.asked.Load(); n != asked {
		t.Errorf("a failure is not remembered (RFC 9520): %d questions", n-asked)
	}
	f.pass(23 * time.Hour)
	f.want("NOERROR; www.example. 30 IN A 192.0.2.1; (stale)", "www.example.", dns.TypeA)
	f.pass(2 * time.Hour)
	f.want("unavailable", "www.example.", dns.TypeA)
	broken.Store(false)
	f.pass(10 * time.Second)
	f.want("NOERROR; www.example. 60 IN A 192.0.2.1", "www.example.", dns.TypeA)
}

func TestAnAnswerWhoseTimeIsOverIsNotWaitedForLong(t *testing.T) {
	t.Parallel()
	var away atomic.Bool
	u := overUDP(t, func(w dns.ResponseWriter, _, reply *dns.Msg) {
		if !away.Load() {
			_ = w.WriteMsg(says(t, reply, "www.example. 60 IN A 192.0.2.1"))
		}
	})
	f := newFixture(t, "udp://"+u.address)
	f.ask("www.example.", dns.TypeA)
	away.Store(true)
	f.pass(61 * time.Second)
	f.want("NOERROR; www.example. 30 IN A 192.0.2.1; (stale)", "www.example.", dns.TypeA)
}

func TestOneQuestionIsAskedForAll(t *testing.T) {
	t.Parallel()
	const clients = 50
	waiting, open := make(chan struct{}, clients), make(chan struct{})
	u := overUDP(t, func(w dns.ResponseWriter, _, reply *dns.Msg) {
		<-open
		_ = w.WriteMsg(says(t, reply, "www.example. 60 IN A 192.0.2.1"))
	})
	f := newFixture(t, "udp://"+u.address)
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			admit := func() bool { waiting <- struct{}{}; return true }
			a, err := f.Resolve(context.Background(), f.rules.Find("."), forward.Question{Name: "www.example.", Type: dns.TypeA, Admit: admit})
			if err != nil || len(a.Records) != 1 {
				t.Errorf("%v %v", a, err)
			}
		})
	}
	for range clients {
		<-waiting
	}
	close(open)
	wg.Wait()
	if n := u.asked.Load(); n > 2 { // one client may be late
		t.Errorf("%d clients ask %d times", clients, n)
	}
}

func TestWhatNobodyAskedForIsNotBelieved(t *testing.T) {
	t.Parallel()
	u := overUDP(t, func(w dns.ResponseWriter, q, reply *dns.Msg) {
		switch q.Question[0].Name {
		case "spoofed.example.": // others guess at the id and at the question first
			for _, forge := range []func(*dns.Msg){
				func(m *dns.Msg) { m.Id++ },
				func(m *dns.Msg) { m.Question[0].Name = "bank.example." },
				func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeTXT },
				func(m *dns.Msg) { m.Question = nil },
				func(m *dns.Msg) { m.Response = false },
			} {
				forged := says(t, reply.Copy(), "spoofed.example. 60 IN A 203.0.113.9")
				forge(forged)
				_ = w.WriteMsg(forged)
			}
			_, _ = w.Write([]byte("x"))
			_, _ = w.Write([]byte("this is no message of DNS at all"))
			says(t, reply, "spoofed.example. 60 IN A 192.0.2.1")
		case "greedy.example.": // the server says more than it was asked
			says(t, reply, "greedy.example. 60 IN A 192.0.2.2", "bank.example. 60 IN A 203.0.113.9", "--", "bank.example. 60 IN SOA ns. h. 1 1 1 1 1")
		case "denied.example.": // a SOA of elsewhere does not say for how long
			says(t, reply, "--", "bank.test. 60 IN SOA ns. h. 1 1 1 1 1").Rcode = dns.RcodeNameError
		case "ring.example.":
			says(t, reply, "ring.example. 60 IN CNAME round.example.", "round.example. 60 IN CNAME ring.example.")
		}
		_ = w.WriteMsg(reply)
	})
	f := newFixture(t, "udp://"+u.address)
	f.want("NOERROR; spoofed.example. 60 IN A 192.0.2.1", "spoofed.example.", dns.TypeA)
	f.want("NOERROR; greedy.example. 60 IN A 192.0.2.2", "greedy.example.", dns.TypeA)
	f.want("NXDOMAIN", "denied.example.", dns.TypeA)
	if got := f.ask("ring.example.", dns.TypeA); !strings.HasPrefix(got, "NOERROR; ring.example.") {
		t.Errorf("%s", got)
	}
}

func TestTheNextServerIsAskedWhereOneFails(t *testing.T) {
	t.Parallel()
	with := func(address string) answers {
		return func(w dns.ResponseWriter, q, reply *dns.Msg) {
			_ = w.WriteMsg(says(t, reply, q.Question[0].Name+" 0 IN A "+address))
		}
	}
	refusing := overUDP(t, func(w dns.ResponseWriter, _, reply *dns.Msg) {
		reply.Rcode = dns.RcodeRefused
		_ = w.WriteMsg(reply)
	})
	second := overUDP(t, with("192.0.2.2"))
	f := newFixture(t, "udp://"+refusing.address, "udp://"+second.address)
	for range 3 {
		f.want("NOERROR; www.example. 0 IN A 192.0.2.2", "www.example.", dns.TypeA)
	}
	if n := refusing.asked.Load(); n != 1 {
		t.Errorf("a server that fails is asked first %d times", n)
	}
	f.pass(16 * time.Second)
	f.want("NOERROR; www.example. 0 IN A 192.0.2.2", "www.example.", dns.TypeA)
	if n := refusing.asked.Load(); n != 2 {
		t.Errorf("after a rest it is not asked again: %d", n)
	}
	f.rules.Add("corp.example", []string{"udp://" + overUDP(t, with("192.0.2.3")).address})
	f.want("NOERROR; a.corp.example. 0 IN A 192.0.2.3", "a.corp.example.", dns.TypeA)
	f.want("NOERROR; acorp.example. 0 IN A 192.0.2.2", "acorp.example.", dns.TypeA)
}

// TestLargeAnswersComeOverTCP has an answer that does not fit into a packet.
func TestLargeAnswersComeOverTCP(t *testing.T) {
	t.Parallel()
	large := func(w dns.ResponseWriter, q, reply *dns.Msg) {
		for i := range 200 {
			says(t, reply, q.Question[0].Name+" 60 IN A 192.0.2."+strconv.Itoa(i))
		}
		if w.RemoteAddr().Network() == "udp" {
			reply.Truncate(1232)
		}
		_ = w.WriteMsg(reply)
	}
	u := overUDP(t, large)
	over := overTCP(t, u.address, large)
	f := newFixture(t, "udp://"+u.address)
	for i := range 3 {
		if got := f.ask("n"+strconv.Itoa(i)+".example.", dns.TypeA); strings.Count(got, ";") != 200 {
			t.Errorf("%d records", strings.Count(got, ";"))
		}
	}
	if n := over.asked.Load(); n != 3 {
		t.Errorf("%d questions over TCP", n)
	}
	over.stop() // a connection that is kept is not good any more
	again := overTCP(t, u.address, large)
	if got := f.ask("again.example.", dns.TypeA); strings.Count(got, ";") != 200 || again.asked.Load() != 1 {
		t.Errorf("after the server was restarted: %s", got)
	}
}

// TestNoMoreAreAskedThanMay has the questions limited of a client.
func TestNoMoreAreAskedThanMay(t *testing.T) {
	t.Parallel()
	u := overUDP(t, func(w dns.ResponseWriter, q, reply *dns.Msg) {
		_ = w.WriteMsg(says(t, reply, q.Question[0].Name+" 60 IN A 192.0.2.1"))
	})
	f := newFixture(t, "udp://"+u.address)
	ask := func(name string, may bool) (forward.Answer, error) {
		return f.Resolve(context.Background(), f.rules.Find(name), forward.Question{Name: name, Type: dns.TypeA, Admit: func() bool { return may }})
	}
	if _, err := ask("www.example.", false); !kernel.Is(err, kernel.Limited) {
		t.Errorf("%v", err)
	}
	if _, err := ask("www.example.", true); err != nil {
		t.Error(err)
	}
	if _, err := ask("www.example.", false); err != nil {
		t.Errorf("what is known costs nothing: %v", err)
	}
	f.pass(2 * time.Minute)
	if a, err := ask("www.example.", false); err != nil || !a.Stale {
		t.Errorf("what was known is told: %v %v", a, err)
	}
}

func TestOverTLSTheServerIsKnown(t *testing.T) {
	t.Parallel()
	certified := httptest.NewTLSServer(nil) // its certificate is for example.com
	t.Cleanup(certified.Close)
	plain, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	secured := tls.NewListener(plain, &tls.Config{Certificates: certified.TLS.Certificates, MinVersion: tls.VersionTLS12})
	u := start(t, &upstream{server: &dns.Server{Listener: secured}, address: plain.Addr().String()}, func(w dns.ResponseWriter, q, reply *dns.Msg) {
		_ = w.WriteMsg(says(t, reply, q.Question[0].Name+" 60 IN A 192.0.2.1"))
	})
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	f := newFixture(t, "tls://"+u.address+"#example.com")
	f.Roots = roots
	for _, name := range []string{"a.example.", "b.example."} {
		f.want("NOERROR; "+name+" 60 IN A 192.0.2.1", name, dns.TypeA)
	}
	wrong := newFixture(t, "tls://"+u.address+"#dns.example.net")
	wrong.Roots = roots
	if _, err := wrong.Resolve(t.Context(), wrong.rules.Find("."), forward.Question{Name: "a.example.", Type: dns.TypeA}); !errors.As(err, new(x509.HostnameError)) {
		t.Errorf("a server that is somebody else is believed: %v", err)
	}
}
