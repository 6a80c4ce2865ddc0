package authnredis_test

import (
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/authn/authnredis"
)

var _ authn.Shared = (*authnredis.Store)(nil)

// TestStore has two replicas tell each other words.
func TestStore(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not on this machine")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	_, port, _ := net.SplitHostPort(address)
	server := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	stores := make([]*authnredis.Store, 2)
	for i := range stores {
		client := redis.NewClient(&redis.Options{Addr: address})
		t.Cleanup(func() { _ = client.Close() })
		stores[i] = authnredis.New(client)
	}
	for began := time.Now(); ; <-time.After(20 * time.Millisecond) {
		if _, err := stores[0].Until(t.Context(), []string{"x"}); err == nil {
			break
		} else if time.Since(began) > time.Minute {
			t.Fatal(err)
		}
	}
	until := time.Now().Add(time.Hour).Truncate(time.Second)
	if first, err := stores[0].First(t.Context(), "word", until); !first || err != nil {
		t.Errorf("the first: %v, %v", first, err)
	}
	if first, err := stores[1].First(t.Context(), "word", until); first || err != nil {
		t.Errorf("the second: %v, %v", first, err)
	}
	ends, err := stores[1].Until(t.Context(), []string{"other", "word"})
	if err != nil || len(ends) != 2 || !ends[0].IsZero() || !ends[1].Equal(until) {
		t.Errorf("until %v, %v", ends, err)
	}
	later := until.Add(time.Hour)
	if err := stores[0].Keep(t.Context(), "word", later); err != nil {
		t.Error(err)
	}
	if ends, err = stores[1].Until(t.Context(), []string{"word"}); err != nil || !ends[0].Equal(later) {
		t.Errorf("kept for longer: until %v, %v", ends, err)
	}
	if _, err := stores[0].First(t.Context(), "short", time.Now()); err != nil {
		t.Error(err)
	}
	_ = server.Process.Kill()
	if _, err := stores[0].First(t.Context(), "late", until); err == nil {
		t.Error("Redis is gone, and nothing is said")
	}
	if err := stores[0].Keep(t.Context(), "late", until); err == nil {
		t.Error("Redis is gone, and nothing is said")
	}
	if _, err := stores[0].Until(t.Context(), []string{"word"}); err == nil {
		t.Error("Redis is gone, and nothing is said")
	}
}
