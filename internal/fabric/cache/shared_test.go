package cache_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/cache/cachetest"
)

// purgesAt is where replicas tell each other of purges.
const purgesAt = "terrace:cache:purge"

// linkedReplica is one with a way to Redis of its own.
func linkedReplica(t *testing.T, s *cachetest.Server) (*cache.Cache[string], *cache.Redis, *cachetest.Link) {
	t.Helper()
	link := &cachetest.Link{}
	r := s.Serve(t, cache.RedisConfig{Log: quiet(), Options: link.Options(s)})
	return open(t, r), r, link
}

// looking is a client that sees what is in Redis.
func looking(t *testing.T, s *cachetest.Server) *redis.Client {
	t.Helper()
	client := redis.NewClient(s.Options())
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// exists tells that a key of the caches of texts is in Redis.
func exists(t *testing.T, client *redis.Client, key string) bool {
	t.Helper()
	n, err := client.Exists(t.Context(), "terrace:cache:texts:"+key).Result()
	if err != nil {
		t.Fatal(err)
	}
	return n == 1
}

// TestAReplicaThatWasAwayAlone has another one purge meanwhile, whom it cannot hear.
func TestAReplicaThatWasAwayAlone(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	a, redisOfA, link := linkedReplica(t, s)
	b, _ := replica(t, s, quiet(), nil)
	a.Set(a.Mark(), "k", entry("old"))
	cachetest.Until(t, "the other replica to see it", func() bool { return has(b, "k") })
	link.Cut()
	cachetest.Until(t, "its Redis to be away", func() bool { return !redisOfA.Up() })
	b.Purge(t.Context(), cache.Purge{Key: "k"})
	if !has(a, "k") {
		t.Fatal("it heard of it without Redis: the test proves nothing")
	}
	link.Mend()
	cachetest.Until(t, "it to be back", redisOfA.Up)
	if has(a, "k") {
		t.Error("a replica that is back has what was purged while it was away")
	}
}

// TestMorePurgesThanAreOwed drops all at the others.
func TestMorePurgesThanAreOwed(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	a, redisOfA, link := linkedReplica(t, s)
	b, _ := replica(t, s, quiet(), nil)
	b.Set(b.Mark(), "last", entry("old"))
	cachetest.Until(t, "the other replica to see it", func() bool { return has(a, "last") })
	link.Cut()
	cachetest.Until(t, "its Redis to be away", func() bool { return !redisOfA.Up() })
	for n := range 1024 {
		a.Purge(t.Context(), cache.Purge{Key: fmt.Sprint(n)})
	}
	a.Purge(t.Context(), cache.Purge{Key: "last"})
	link.Mend()
	cachetest.Until(t, "the other replica to hear of the last one", func() bool { return !has(b, "last") })
	// What was missed is told once.
	b.Set(b.Mark(), "new", entry("new"))
	link.Cut()
	cachetest.Until(t, "its Redis to be away again", func() bool { return !redisOfA.Up() })
	a.Purge(t.Context(), cache.Purge{Key: "none"})
	link.Mend()
	cachetest.Until(t, "it to be back", redisOfA.Up)
	if !has(b, "new") {
		t.Error("what was missed once is told again")
	}
}

// TestAPurgeThatCouldNotBeTold is owed, while Redis does not take it.
func TestAPurgeThatCouldNotBeTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		word string
		fail int // how often it fails
	}{
		"it is not dropped in Redis":        {"del", 1},
		"nobody is told":                    {"publish", 1},
		"nor when Redis is there again":     {"publish", 3},
		"nor dropped when it is there then": {"del", 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := cachetest.Redis(t)
			a, redisOfA, link := linkedReplica(t, s)
			b, _ := replica(t, s, quiet(), nil)
			b.Set(b.Mark(), "k", entry("old"))
			b.Set(b.Mark(), "l", entry("old"))
			cachetest.Until(t, "the other replica to see it", func() bool { return has(a, "k") && has(a, "l") })
			link.Refuse(c.word)
			a.Purge(t.Context(), cache.Purge{Key: "k"})
			a.Purge(t.Context(), cache.Purge{Key: "l"})
			if !has(b, "k") || !has(b, "l") {
				t.Fatal("the other replica heard of it: the test proves nothing")
			}
			cachetest.Until(t, "it to fail", func() bool { return link.Refused() >= c.fail })
			link.Mend()
			cachetest.Until(t, "the other replica to hear of both", func() bool { return !has(b, "k") && !has(b, "l") })
			cachetest.Until(t, "it to be back", redisOfA.Up)
			if has(a, "k") || has(a, "l") {
				t.Error("Redis still has what was purged")
			}
		})
	}
}

// TestAReplicaDoesNotHearItself: what it stored after its own purge is newer.
func TestAReplicaDoesNotHearItself(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	a, _ := replica(t, s, quiet(), nil)
	client := looking(t, s)
	heard := client.Subscribe(t.Context(), purgesAt)
	defer func() { _ = heard.Close() }()
	if _, err := heard.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.Purge(t.Context(), cache.Purge{Key: "k"})
	said, err := heard.ReceiveMessage(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.Set(a.Mark(), "k", entry("new"))
	a.Set(a.Mark(), "other", entry("x"))
	for _, message := range []string{said.Payload, "{", `{"from": "else", "cache": "texts", "purge": {"key": "other"}}`} {
		if err := client.Publish(t.Context(), purgesAt, message).Err(); err != nil {
			t.Fatal(err)
		}
	}
	cachetest.Until(t, "what another one tells", func() bool { return !has(a, "other") })
	if !has(a, "k") {
		t.Error("a replica drops by its own purge what it stored after it")
	}
}

// TestWhatIsHeardOfIsTakenOutOfRedis: it may have been written after the other looked.
func TestWhatIsHeardOfIsTakenOutOfRedis(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	a, _ := replica(t, s, quiet(), nil)
	client := looking(t, s)
	for _, key := range []string{"k", "l"} {
		a.Set(a.Mark(), key, entry("x"))
		cachetest.Until(t, "it in Redis", func() bool { return exists(t, client, "e:"+key) })
	}
	if err := client.Publish(t.Context(), purgesAt, `{"from": "else", "cache": "texts", "purge": {"key": "k"}}`).Err(); err != nil {
		t.Fatal(err)
	}
	cachetest.Until(t, "it to be out of Redis", func() bool { return !exists(t, client, "e:k") })
	if !exists(t, client, "e:l") {
		t.Error("another one is out of Redis as well")
	}
}

// TestPurgesInRedisTakeTextsAsTheyAre has keys with what is special in patterns of Redis.
func TestPurgesInRedisTakeTextsAsTheyAre(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	a, _ := replica(t, s, quiet(), nil)
	client := looking(t, s)
	for _, c := range []struct{ named, other string }{
		{"k*1", "kx1"}, {"k?2", "kx2"}, {"k[x]3", "kx3"}, {"k[^x]4", "ky4"}, {`k\5`, "k5"}, {`k\*6`, "k*6"}, {"k]7", "k7"},
	} {
		for _, p := range []cache.Purge{{Prefix: c.named}, {Part: c.named[1:]}, {Prefix: c.named[:2], Part: c.named[2:]}} {
			for _, key := range []string{c.named, c.other} {
				a.Set(a.Mark(), key, entry("x"))
				cachetest.Until(t, "it in Redis", func() bool { return exists(t, client, "e:"+key) })
			}
			a.Purge(t.Context(), p)
			if exists(t, client, "e:"+c.named) || !exists(t, client, "e:"+c.other) {
				t.Errorf("%+v: %s is there: %v, %s: %v", p, c.named, exists(t, client, "e:"+c.named), c.other, exists(t, client, "e:"+c.other))
			}
			a.Purge(t.Context(), cache.Purge{All: true})
		}
	}
	// Another cache's name begins as this one's.
	if err := client.Set(t.Context(), "terrace:cache:texts2:e:k", "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	a.Purge(t.Context(), cache.Purge{All: true})
	a.Purge(t.Context(), cache.Purge{})
	if n := client.Exists(t.Context(), "terrace:cache:texts2:e:k").Val(); n != 1 {
		t.Error("a purge of all drops what another cache has")
	}
}

// TestPurgesOfMoreThanRedisTellsAtOnce are whole.
func TestPurgesOfMoreThanRedisTellsAtOnce(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	a, _ := replica(t, s, quiet(), nil)
	client := looking(t, s)
	for name, p := range map[string]cache.Purge{"a prefix": {Prefix: "p"}, "a part": {Part: "1"}, "a tag": {Tag: "tag"}, "all": {All: true}} {
		if _, err := client.Pipelined(t.Context(), func(pipe redis.Pipeliner) error {
			for n := range 3000 {
				key := fmt.Sprintf("p1/%d", n)
				pipe.Set(t.Context(), "terrace:cache:texts:e:"+key, "x", 0)
				pipe.SAdd(t.Context(), "terrace:cache:texts:t:tag", key)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		a.Purge(t.Context(), p)
		left, err := client.Keys(t.Context(), "terrace:cache:texts:e:*").Result()
		if err != nil || len(left) > 0 {
			t.Errorf("a purge of %s leaves %d of 3000, %v", name, len(left), err)
		}
		if p.Tag != "" && exists(t, client, "t:tag") {
			t.Error("a tag is there that nothing has any more")
		}
		client.FlushAll(t.Context())
	}
}

// TestAPurgeBeforeTheWriteHolds has a queue of writes behind it.
func TestAPurgeBeforeTheWriteHolds(t *testing.T) {
	t.Parallel()
	s := cachetest.Redis(t)
	a, _ := replica(t, s, quiet(), nil)
	client := looking(t, s)
	for n := range 200 {
		key := fmt.Sprint("k", n)
		a.Set(a.Mark(), key, entry(strings.Repeat("x", 1000)))
		a.Purge(context.Background(), cache.Purge{Key: key})
	}
	a.Set(a.Mark(), "last", entry("x"))
	cachetest.Until(t, "the last one in Redis", func() bool { return exists(t, client, "e:last") })
	if left := client.Keys(t.Context(), "terrace:cache:texts:e:k*").Val(); len(left) > 0 {
		t.Errorf("%d that were purged before they were written are in Redis", len(left))
	}
}
