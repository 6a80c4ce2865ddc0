package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/gateway"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/gatewaysql"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/proxy"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/session"
	wire "github.com/terrace-idp/terrace/internal/fabric/gateway/upstream"
	"github.com/terrace-idp/terrace/internal/kernel"
	"github.com/terrace-idp/terrace/internal/platform/db/dbtest"
)

// sealer seals by writing what it is bound to beside the value; it may be away.
type sealer struct{ away atomic.Bool }

func (s *sealer) Seal(_ context.Context, plain, associated []byte) ([]byte, error) {
	return slices.Concat(associated, []byte("|"), plain), nil
}

func (s *sealer) Open(_ context.Context, sealed, associated []byte) ([]byte, error) {
	if s.away.Load() {
		return nil, kernel.Errorf(kernel.Unavailable, "the key does not answer")
	}
	plain, ok := bytes.CutPrefix(sealed, slices.Concat(associated, []byte("|")))
	if !ok {
		return nil, kernel.Errorf(kernel.Internal, "it was sealed for something else")
	}
	return plain, nil
}

// keyed is a gateway of three instances whose sessions are signed with keys by a clock
// that the test turns.
type keyed struct {
	*fixture

	store  *gatewaysql.Store
	sealer *sealer
	keys   *session.Keys
	now    atomic.Int64
}

// startKeyed has keys in the store before there is a gateway.
func startKeyed(t *testing.T, before ...session.Key) *keyed {
	t.Helper()
	k := &keyed{store: gatewaysql.NewStore(dbtest.SQLite(t, gatewaysql.Migrations())), sealer: &sealer{}}
	k.now.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano())
	for _, key := range before {
		if err := k.store.AddSessionKey(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	k.keys = &session.Keys{Store: k.store, Sealer: k.sealer, Clock: k.time, Log: slog.New(slog.DiscardHandler)}
	k.renew(t)
	fl := &fleet{}
	k.fixture = start(t, func(c *proxy.Config) { c.Upstreams, c.Sessions = fl, k.keys })
	r := gateway.ToService("orders", host, "", "orders", "")
	r.Rules[0].Session = &gateway.Session{CookieName: "stay"}
	put(t, k.routes, dev, r)
	for n := range 3 {
		fl.add(t, says(fmt.Sprint(n)))
	}
	return k
}

func (k *keyed) time() time.Time { return time.Unix(0, k.now.Load()).UTC() }

// at turns the clock to a time after the beginning, and renews the keys.
func (k *keyed) at(t *testing.T, after time.Duration) {
	t.Helper()
	k.now.Store(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(after).UnixNano())
	k.renew(t)
}

func (k *keyed) renew(t *testing.T) {
	t.Helper()
	if err := k.keys.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// ask returns who answers with a cookie, and the cookie that is set, "" for none.
func (k *keyed) ask(t *testing.T, cookie string) (who, set string) {
	t.Helper()
	_, who, h := k.send(t, http.MethodGet, nil, "Cookie", "stay="+cookie)
	set, _, _ = strings.Cut(strings.TrimPrefix(h.Get("Set-Cookie"), "stay="), ";")
	return who, set
}

// held are the keys in the store, the newest first.
func (k *keyed) held(t *testing.T) (ids []string) {
	t.Helper()
	all, err := k.store.SessionKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range all {
		ids = append(ids, key.ID)
	}
	return ids
}

const (
	day  = 24 * time.Hour
	rest = 10 * time.Minute
)

// TestKeysOfSessionsTakeTurns: a new one after thirty days, which signs ten minutes
// later, and whose cookies are honoured for ninety days from its making.
func TestKeysOfSessionsTakeTurns(t *testing.T) {
	t.Parallel()
	k := startKeyed(t)
	who, cookie := k.ask(t, "")
	first := k.held(t)
	if cookie == "" || len(first) != 1 {
		t.Fatalf("cookie %q, keys %v", cookie, first)
	}
	honoured := func(when string) {
		t.Helper()
		for range 10 {
			if got, set := k.ask(t, cookie); got != who || set != "" {
				t.Fatalf("%s: %s answers, want %s; it sets %q", when, got, who, set)
			}
		}
	}
	k.at(t, 30*day-time.Second)
	honoured("before thirty days")
	if now := k.held(t); !slices.Equal(now, first) {
		t.Errorf("before thirty days there are the keys %v", now)
	}
	for _, after := range []time.Duration{30 * day, 30*day + rest - time.Second} {
		k.at(t, after)
		honoured("while the second key rests")
	}
	second := k.held(t)
	if len(second) != 2 || second[1] != first[0] {
		t.Fatalf("after thirty days there are the keys %v", second)
	}
	k.at(t, 30*day+rest)
	got, moved := k.ask(t, cookie)
	if got != who || moved == "" || moved[:4] == cookie[:4] {
		t.Fatalf("once the second key signs: %s answers, want %s; it sets %q in place of %q", got, who, moved, cookie)
	}
	if got, set := k.ask(t, moved); got != who || set != "" {
		t.Errorf("with its cookie %s answers, want %s; it sets %q", got, who, set)
	}
	for _, after := range []time.Duration{60*day + rest, 90 * day} {
		k.at(t, after)
	}
	if got, _ := k.ask(t, cookie); got != who || !slices.Contains(k.held(t), first[0]) {
		t.Errorf("after ninety days %s answers, want %s; keys %v", got, who, k.held(t))
	}
	k.at(t, 90*day+time.Second)
	k.renew(t) // what was forgotten is not read again
	if slices.Contains(k.held(t), first[0]) {
		t.Error("a key is kept for more than ninety days")
	}
	others := map[string]bool{}
	for range 100 {
		got, set := k.ask(t, cookie)
		if set == "" {
			t.Fatal("a cookie of a key that is gone is honoured")
		}
		others[got] = true
	}
	if len(others) < 2 {
		t.Errorf("a cookie of a key that is gone leads to %v alone", others)
	}
}

// TestTheOldestOfFreshKeysSigns where two replicas began at once: each knows the
// other's by then.
func TestTheOldestOfFreshKeysSigns(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	fresh := func(id string, secret byte, ago time.Duration) session.Key {
		sealed, _ := new(sealer).Seal(t.Context(), bytes.Repeat([]byte{secret}, 32), []byte("gateway session key\x00"+id))
		return session.Key{ID: id, Sealed: sealed, CreatedAt: began.Add(-ago)}
	}
	k := startKeyed(t, fresh("gsk_b", 'b', time.Minute), fresh("gsk_a", 'a', 2*time.Minute))
	alone := startKeyed(t, fresh("gsk_a", 'a', 2*time.Minute))
	_, both := k.ask(t, "")
	_, older := alone.ask(t, "")
	if both[:4] != older[:4] || len(k.held(t)) != 2 {
		t.Errorf("the key %q signs, not %q; keys %v", both[:4], older[:4], k.held(t))
	}
}

// TestKeysOfSessionsThatDoNotOpen are passed by, but not while the keys to them are
// away: then what is known goes on.
func TestKeysOfSessionsThatDoNotOpen(t *testing.T) {
	t.Parallel()
	others, err := startKeyed(t).store.SessionKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	moved := session.Key{ID: "gsk_b", Sealed: others[0].Sealed, CreatedAt: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)}
	k := startKeyed(t, moved)
	if now := k.held(t); len(now) != 2 {
		t.Fatalf("a key of another's place is used: %v", now)
	}
	who, cookie := k.ask(t, "")
	k.sealer.away.Store(true)
	if err := k.keys.Renew(t.Context()); !kernel.Is(err, kernel.Unavailable) {
		t.Errorf("while keys are away: %v", err)
	}
	if now := k.held(t); len(now) != 2 {
		t.Errorf("while keys are away there are the keys of sessions %v", now)
	}
	if got, set := k.ask(t, cookie); got != who || set != "" {
		t.Errorf("while keys are away %s answers, want %s; it sets %q", got, who, set)
	}
}

// TestASessionMoves once its instance fails, or is gone, and to where it has moved it
// stays; of a backend that another one shares an address with it is told apart.
func TestASessionMoves(t *testing.T) {
	t.Parallel()
	f, fl := startFleet(t, func(r *gateway.Rule) {
		r.Session = &gateway.Session{CookieName: "stay"}
		r.Backends[0].Outliers = &wire.Outliers{ConsecutiveErrors: 3, BaseEjection: kernel.Duration(5 * time.Minute)}
	})
	var failing atomic.Int64
	failing.Store(-1)
	for n := range int64(2) {
		fl.add(t, func(w http.ResponseWriter, r *http.Request) {
			if failing.Load() == n {
				breaks(w, r)
				return
			}
			_, _ = fmt.Fprint(w, n)
		})
	}
	ask := func(cookie string) (who, set string) {
		t.Helper()
		code, who, h := f.send(t, http.MethodGet, nil, "Cookie", cookie)
		if code != http.StatusOK {
			t.Fatal(code)
		}
		set, _, _ = strings.Cut(h.Get("Set-Cookie"), ";")
		return who, set
	}
	first, cookie := ask("")
	at := int(first[0] - '0')
	failing.Store(int64(at))
	filtertest.Until(t, "the instance to be left out", func() bool { // it is asked until it is left out
		before := fl.instances[at].asked.Load()
		if who, set := ask(cookie); who == first || set == "" {
			t.Fatalf("%s answers, and sets %q", who, set)
		}
		return fl.instances[at].asked.Load() == before
	})
	failing.Store(-1)
	_, moved := ask(cookie)
	for range 20 {
		if who, set := ask(moved); who == first || set != "" {
			t.Fatalf("where it has moved: %s answers, and sets %q", who, set)
		}
	}
	blue, green := 0, 1
	r := gateway.ToService("orders", host, "", "", "")
	r.Rules[0].Session = &gateway.Session{CookieName: "stay"}
	r.Rules[0].Backends = []gateway.Backend{{Service: "blue", Weight: &green}, {Service: "green", Weight: &blue}}
	put(t, f.routes, dev, r)
	_, cookie = ask("")
	r.Rules[0].Backends[0].Weight, r.Rules[0].Backends[1].Weight = &blue, &green
	put(t, f.routes, dev, r)
	for range 20 {
		if _, set := ask(cookie); set == "" {
			t.Fatal("a cookie of a backend that gets nothing more is not made anew")
		}
	}
}
