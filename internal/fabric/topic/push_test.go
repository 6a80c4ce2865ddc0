package topic_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terrace-idp/terrace/internal/fabric/topic"
	"github.com/terrace-idp/terrace/internal/fabric/topic/broker"
	"github.com/terrace-idp/terrace/internal/fabric/topic/cloudevent"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// receiver is a server that events are posted to. answer says what it answers to the nth post
// of an event.
type receiver struct {
	*httptest.Server

	// changed is told of each post.
	changed chan struct{}

	mu     sync.Mutex
	taken  map[string][]string
	tries  map[string]int
	forged int
	secret string
}

func receive(t *testing.T, answer func(id string, try int) int) *receiver {
	t.Helper()
	r := &receiver{taken: map[string][]string{}, tries: map[string]int{}, changed: make(chan struct{}, 1)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		e, err := cloudevent.Read(body)
		defer nudge(r.changed)
		r.mu.Lock()
		defer r.mu.Unlock()
		if err != nil || !signed(req.Header, r.secret, body) {
			r.forged++
		}
		r.tries[e.ID]++
		status := answer(e.ID, r.tries[e.ID])
		if status < 300 {
			r.taken[e.Key()] = append(r.taken[e.Key()], e.ID)
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

// signed verifies a post as Standard Webhooks says.
func signed(h http.Header, secret string, body []byte) bool {
	key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write(slices.Concat([]byte(h.Get("webhook-id")+"."+h.Get("webhook-timestamp")+"."), body))
	return slices.Contains(strings.Fields(h.Get("webhook-signature")), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func (r *receiver) count() (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, all := range r.taken {
		n += len(all)
	}
	return n
}

// push delivers until the test ends.
func (w *world) push(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(w.ctx)
	var all sync.WaitGroup
	all.Go(func() { _ = w.Push(ctx) })
	t.Cleanup(func() { cancel(); all.Wait() })
}

// until waits for changes until something is so.
func until(t *testing.T, what string, changed <-chan struct{}, is func() bool) {
	t.Helper()
	late := time.After(30 * time.Second)
	for !is() {
		select {
		case <-changed:
		case <-late:
			t.Fatal(what)
		}
	}
}

// tried is how often an event was posted.
func (r *receiver) tried(id string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tries[id]
}

// TestPostsAreSignedAndInOrder: a receiver that fails now and then gets every event, those of
// each key in their order; one event that it never takes is a dead letter.
func TestPostsAreSignedAndInOrder(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	r := receive(t, func(id string, try int) int {
		if id == "never" || try == 1 && len(id)%2 == 0 {
			return http.StatusInternalServerError
		}
		return http.StatusNoContent
	})
	made := w.subscribe(t, "orders", "chat", topic.SubscriptionSettings{URL: r.URL, MaxDeliveries: 3})
	r.mu.Lock()
	r.secret = made.Secret
	r.mu.Unlock()
	w.push(t)
	want := map[string][]string{}
	for i := range 40 {
		key, id := "o"+strconv.Itoa(i%4), "e"+strconv.Itoa(i)
		want[key] = append(want[key], id)
		w.publish(t, "orders", placed(id, key, `{}`))
	}
	w.publish(t, "orders", placed("never", "o1", `{}`), placed("after", "o1", `{}`))
	want["o1"] = append(want["o1"], "after")
	until(t, "not every event comes", r.changed, func() bool { return r.count() == 41 })
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, all := range want {
		if !slices.Equal(r.taken[key], all) {
			t.Errorf("%s: %v, want %v", key, r.taken[key], all)
		}
	}
	if r.forged > 0 || r.tries["never"] != 3 {
		t.Errorf("%d posts are not signed, and %d tries of what is never taken", r.forged, r.tries["never"])
	}
	dead, _, err := w.ListDead(w.ctx, dev(), "orders", "chat", broker.Position{}, 10)
	if err != nil || len(dead) != 1 || !strings.Contains(dead[0].Event.Extensions["deadletterreason"], "500") {
		t.Errorf("%+v %v", dead, err)
	}
}

// TestAReceiverThatIsGone pauses its subscription, which keeps what waits.
func TestAReceiverThatIsGone(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	r := receive(t, func(string, int) int { return http.StatusGone })
	w.subscribe(t, "orders", "chat", topic.SubscriptionSettings{URL: r.URL})
	w.push(t)
	w.publish(t, "orders", placed("e1", "o1", `{}`))
	until(t, "it is not paused", w.journal.changed, func() (is bool) {
		// What is told of is not there before its transaction ends, for which this one waits.
		err := w.Tx.InTx(w.ctx, func(ctx context.Context) error {
			sub, err := w.GetSubscription(ctx, dev(), "orders", "chat")
			is = sub.Status == topic.Paused && strings.Contains(sub.Reason, "410")
			return err
		})
		return err == nil && is
	})
	lag, err := w.LagOf(w.ctx, dev(), "orders", "chat")
	if err != nil || lag.Pending+lag.InFlight != 1 || lag.Dead != 0 {
		t.Errorf("%+v %v", lag, err)
	}
}

func TestWhereNothingIsPosted(t *testing.T) {
	t.Parallel()
	w := sqlite(t)
	w.topic(t, "orders", topic.Settings{})
	for url, kind := range map[string]kernel.Kind{"http://10.1.2.3/": kernel.Refused, "ftp://127.0.0.1/": kernel.Invalid, "http://a:b@127.0.0.1/": kernel.Invalid} {
		if _, err := w.Subscribe(w.ctx, dev(), "orders", "chat", topic.SubscriptionSettings{URL: url}, ""); !kernel.Is(err, kind) {
			t.Errorf("%s: %v", url, err)
		}
	}
}
