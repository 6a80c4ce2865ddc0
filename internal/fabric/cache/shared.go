package cache

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// Serve uses Redis until ctx ends: it connects, writes what is to be kept, and
// hears of others' purges. Without Redis it tries again, and says so once.
func (r *Redis) Serve(ctx context.Context) error {
	defer r.leave()
	told := false
	for first := true; ; first = false {
		err := r.session(ctx, first, func() {
			if told {
				r.config.Log.InfoContext(ctx, "the shared cache is there again", "address", r.config.Options.Addr)
			}
			told = false
		})
		r.leave()
		if ctx.Err() != nil {
			return nil
		}
		if !told {
			r.config.Log.WarnContext(ctx, "the shared cache is away: each process caches in its own memory until it is back",
				"address", r.config.Options.Addr, "error", err)
			told = true
		}
		wait := time.NewTimer(retry)
		select {
		case <-ctx.Done():
			wait.Stop()
			return nil
		case <-wait.C:
		}
	}
}

func (r *Redis) leave() {
	r.up.Store(false)
	r.config.Metrics.up(false)
}

// session is one time that Redis is there.
func (r *Redis) session(ctx context.Context, first bool, greet func()) error {
	select {
	case <-r.broken: // of the session before
	default:
	}
	ctx, cancel := context.WithCancel(ctx)
	var writers sync.WaitGroup
	defer writers.Wait()
	defer cancel()
	if err := r.client.Ping(ctx).Err(); err != nil {
		return err //nolint:wrapcheck // said with the address
	}
	heard := r.client.Subscribe(ctx, channel)
	defer func() { _ = heard.Close() }()
	if _, err := heard.ReceiveTimeout(ctx, pulse); err != nil {
		return err //nolint:wrapcheck // said with the address
	}
	if !first { // others may have purged meanwhile
		r.dropAll()
	}
	if err := r.pay(ctx); err != nil {
		return err
	}
	r.up.Store(true)
	r.config.Metrics.up(true)
	greet()
	writers.Go(func() { r.write(ctx) })
	return r.listen(ctx, heard)
}

// pay makes the purges known that others could not hear of.
func (r *Redis) pay(ctx context.Context) error {
	r.mu.Lock()
	owed, missed := r.owed, r.missed
	var names []string
	for name := range r.caches {
		names = append(names, name)
	}
	r.owed, r.missed = nil, false
	r.mu.Unlock()
	if missed {
		owed = nil
		for _, name := range names {
			owed = append(owed, message{From: r.self, Cache: name, Purge: Purge{All: true}})
		}
	}
	for i, m := range owed {
		if err := r.tell(ctx, m); err != nil {
			r.mu.Lock()
			r.owed = append(r.owed, owed[i:]...)
			r.mu.Unlock()
			return err
		}
	}
	return nil
}

// write writes entries as they come; one at a time is as fast as the network.
func (r *Redis) write(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-r.writes:
			if err := r.do(ctx, w); err != nil {
				r.config.Metrics.lose()
				r.judge(err)
			}
		}
	}
}

func (r *Redis) do(ctx context.Context, w write) error {
	if w.said == nil {
		return r.put(ctx, w)
	}
	ctx, cancel := context.WithTimeout(ctx, 4*patience)
	defer cancel()
	return r.publish(ctx, *w.said)
}

// listen hears of purges until Redis is gone.
func (r *Redis) listen(ctx context.Context, heard *redis.PubSub) error {
	messages := make(chan error, 1)
	go func() {
		for {
			m, err := heard.ReceiveTimeout(ctx, pulse)
			var timeout net.Error
			switch {
			case err == nil:
				r.hear(ctx, m)
			case errors.As(err, &timeout) && timeout.Timeout() && ctx.Err() == nil:
				if err = r.client.Ping(ctx).Err(); err != nil {
					messages <- err
					return
				}
			default:
				messages <- err
				return
			}
		}
	}()
	select {
	case err := <-messages:
		return err
	case <-r.broken:
		_ = heard.Close()
		return errors.Join(errors.New("it does not answer"), <-messages)
	}
}

// hear purges what another replica has purged. What this one had is taken out
// of Redis as well: it may have been written after the other looked there.
func (r *Redis) hear(ctx context.Context, got any) {
	said, ok := got.(*redis.Message)
	var m message
	if !ok || json.Unmarshal([]byte(said.Payload), &m) != nil || m.From == r.self {
		return
	}
	r.forget(ctx, m.Cache, r.drop(m.Cache, m.Purge))
}

// forget takes keys out of Redis.
func (r *Redis) forget(ctx context.Context, cache string, keys []string) {
	if len(keys) == 0 || !r.up.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	for i, key := range keys {
		keys[i] = entryKey(cache, key)
	}
	if err := r.del(ctx, keys); err != nil {
		r.judge(err)
	}
}

// drop purges in the caches of one name, and forgets those that are gone.
func (r *Redis) drop(cache string, p Purge) (keys []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var live []func(Purge) ([]string, bool)
	for _, drop := range r.caches[cache] {
		if dropped, is := drop(p); is {
			live, keys = append(live, drop), append(keys, dropped...)
		}
	}
	if r.caches[cache] = live; len(live) == 0 {
		delete(r.caches, cache)
	}
	return keys
}

func (r *Redis) dropAll() {
	r.mu.Lock()
	var names []string
	for name := range r.caches {
		names = append(names, name)
	}
	r.mu.Unlock()
	for _, name := range names {
		r.drop(name, Purge{All: true})
	}
}

// tell drops in Redis and tells the others.
func (r *Redis) tell(ctx context.Context, m message) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := r.erase(ctx, m.Cache, m.Purge); err != nil {
		return err
	}
	return r.publish(ctx, m)
}

func (r *Redis) publish(ctx context.Context, m message) error {
	content, err := json.Marshal(m)
	if err != nil {
		return err //nolint:wrapcheck // cannot be
	}
	return r.client.Publish(ctx, channel, content).Err() //nolint:wrapcheck // judged by its kind
}

func (r *Redis) erase(ctx context.Context, cache string, p Purge) error {
	switch {
	case p.Key != "":
		return r.client.Del(ctx, entryKey(cache, p.Key)).Err() //nolint:wrapcheck // judged by its kind
	case p.All:
		return r.erasePattern(ctx, literal(entryKey(cache, ""))+"*")
	case p.Tag != "":
		return r.eraseTag(ctx, cache, p)
	case p.Part != "":
		return r.erasePattern(ctx, literal(entryKey(cache, p.Prefix))+"*"+literal(p.Part)+"*")
	case p.Prefix != "":
		return r.erasePattern(ctx, literal(entryKey(cache, p.Prefix))+"*")
	}
	return nil
}

// eraseTag drops what a tag has; what is tagged meanwhile is seen by its writer.
func (r *Redis) eraseTag(ctx context.Context, cache string, p Purge) error {
	members, err := r.client.SMembers(ctx, tagKey(cache, p.Tag)).Result()
	if err != nil {
		return err //nolint:wrapcheck // judged by its kind
	}
	keys := make([]string, 0, len(members)+1)
	for _, key := range members {
		if p.keys(key) {
			keys = append(keys, entryKey(cache, key))
		}
	}
	if len(keys) == len(members) {
		keys = append(keys, tagKey(cache, p.Tag))
	}
	return r.del(ctx, keys)
}

// literal is a text within a pattern that stands for itself.
func literal(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(text)
}

func (r *Redis) erasePattern(ctx context.Context, pattern string) error {
	var cursor uint64
	for {
		keys, next, err := r.client.Scan(ctx, cursor, pattern, 1000).Result()
		if err == nil {
			err = r.del(ctx, keys)
		}
		if err != nil {
			return err //nolint:wrapcheck // judged by its kind
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

func (r *Redis) del(ctx context.Context, keys []string) error {
	for len(keys) > 0 {
		n := min(len(keys), 500)
		if err := r.client.Unlink(ctx, keys[:n]...).Err(); err != nil {
			return err //nolint:wrapcheck // judged by its kind
		}
		keys = keys[n:]
	}
	return nil
}
