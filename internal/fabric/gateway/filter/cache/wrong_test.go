package cache_test

import (
	"encoding/binary"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
)

// framed writes parts as a stored value has them: each with its length in front.
func framed(parts ...string) string {
	var out []byte
	for _, p := range parts {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(p))), p...)
	}
	return string(out)
}

// TestWrongValuesInRedisAreAsked has whatever anybody could have written there: each
// request is answered by the service.
func TestWrongValuesInRedisAreAsked(t *testing.T) {
	t.Parallel()
	r := cachetest.Redis(t)
	a := start(t, `{}`, func(c *tier.RoomConfig) { c.Shared, c.Memory = r.Connect(t), 1 }) // with no room for anything
	a.service.says(with("right", "Cache-Control", "max-age=600"))
	a.get("/x")
	client := redis.NewClient(r.Options())
	defer func() { _ = client.Close() }()
	ctx := t.Context()
	var keys []string
	cachetest.Until(t, "both values in Redis", func() bool {
		keys, _ = client.Keys(ctx, "terrace:cache:*:e:*").Result()
		return len(keys) == 2
	})
	slices.SortFunc(keys, func(a, b string) int { return len(a) - len(b) }) // that of the URL, that of the answer
	variation := client.Get(ctx, keys[0]).Val()
	if !a.get("/x").hit() {
		t.Fatal("it is not taken from Redis: the test proves nothing")
	}
	a.service.says(with("right", "Cache-Control", "no-store"))
	known := `{"until":"` + time.Now().Add(time.Hour).UTC().Format(time.RFC3339) + `"}`
	const fresh = `{"status":200,"received":"2026-01-01T00:00:00Z","lifetime":999999999}`
	for name, value := range map[string]string{
		"no frame":       "x",
		"no value":       framed(known),
		"null":           framed(known) + framed("null"),
		"no head":        framed(known) + framed(fresh, ""),
		"a torn head":    framed(known) + framed(fresh, "HTTP/1.1 200 OK\r\nContent-Le"),
		"another status": framed(known) + framed(fresh, "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"),
		"another length": framed(known) + framed(fresh, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n") + "right",
		"a long head":    framed(known) + framed(fresh, "HTTP/1.1 200 OK\r\nX: "+string(make([]byte, 1<<20))+"\r\n\r\n"),
	} {
		for _, first := range []string{value, variation} {
			client.Set(ctx, keys[0], first, 0)
			client.Set(ctx, keys[1], value, 0)
			if g := a.get("/x"); g.StatusCode != http.StatusOK || g.body != "right" || g.hit() {
				t.Errorf("%s: %d %q %s", name, g.StatusCode, g.body, g.Header.Get("Cache-Status"))
			}
		}
	}
}
