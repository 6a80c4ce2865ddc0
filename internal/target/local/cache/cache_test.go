package cache_test

import (
	"context"
	"net"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/target/local/cache"
)

func TestEmbedded(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s, err := cache.Engine{Name: cache.Embedded}.Start(cache.Config{Port: port, Passwords: []string{"open"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.AwaitReady(ctx); err != nil {
		t.Fatalf("it is not ready: %v", err)
	}
	if err := s.Ping(ctx); err != nil {
		t.Errorf("ping: %v", err)
	}
	for password, works := range map[string]bool{"open": true, "wrong": false} {
		c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + strconv.Itoa(port), Username: "default", Password: password})
		if err := c.Set(ctx, "k", "v", 0).Err(); (err == nil) != works {
			t.Errorf("with the password %q: %v", password, err)
		}
		_ = c.Close()
	}
	s.Close()
	if err := s.Ping(ctx); err == nil {
		t.Error("after Close it still answers")
	}
}
