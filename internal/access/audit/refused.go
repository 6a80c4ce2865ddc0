package audit

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/terrace-idp/terrace/internal/kernel"
)

const (
	// refusedEvery is how often the same refusal of the same actor is recorded.
	refusedEvery = time.Minute
	// refusedPaths is how many paths of one pattern are told apart in that time: who tries
	// name after name leaves them.
	refusedPaths = 20
	// refusedMost bounds what is known of former refusals.
	refusedMost = 10_000
	// recordTimeout bounds the record of a refusal, which a caller that leaves early does
	// not prevent.
	recordTimeout = 5 * time.Second
	// longestPath and longestName bound what is kept of an address that somebody made up.
	longestPath = 512
	longestName = 64
)

// refusals count what the same actor was refused again.
type refusals struct {
	mu  sync.Mutex
	all map[string]*refusal
}

type refusal struct {
	told  time.Time
	times int
	// paths are those that were told since.
	paths map[string]bool
}

// count returns how often it happened since it was told, 0 while it is not to be told. A
// path that was not told since is told once, for itself.
func (r *refusals) count(key, path string, now time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) >= refusedMost || r.all == nil {
		r.all = map[string]*refusal{}
	}
	one := r.all[key]
	if one == nil {
		one = &refusal{}
		r.all[key] = one
	}
	if recent := now.Sub(one.told) < refusedEvery; recent && !one.paths[path] && len(one.paths) < refusedPaths {
		one.paths[path] = true
		return 1
	} else if recent {
		one.times++
		return 0
	}
	times := one.times + 1
	one.told, one.times, one.paths = now, 0, map[string]bool{path: true}
	return times
}

// Refused records that the actor of ctx was refused a request: the first time, and then
// with how often it was, once a minute; and each of the first paths of that minute.
func (s *Service) Refused(ctx context.Context, method, pattern, path string) {
	actor, ok := kernel.ActorFrom(ctx)
	if !ok || actor.Tenant == "" {
		return
	}
	path = cut(path, longestPath)
	times := s.refusals.count(actor.ID+" "+method+" "+pattern, path, s.Clock.Now())
	if times == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Journal.Record(ctx, kernel.Fact{
			Type: "access.refused", Subject: method + " " + pattern,
			Scope: kernel.Scope{Tenant: actor.Tenant, Project: named(pattern, path, "{project}"), Stage: named(pattern, path, "{stage}")},
			Data:  map[string]any{"method": method, "path": path, "times": times},
		})
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "a refusal is not in the audit log", slog.String("actor", actor.ID), slog.String("error", err.Error()))
	}
}

// named returns what a path has where its pattern has a parameter.
func named(pattern, path, parameter string) string {
	values := strings.Split(path, "/")
	for i, part := range strings.Split(pattern, "/") {
		if part == parameter && i < len(values) {
			return cut(values[i], longestName)
		}
	}
	return ""
}

// cut returns at most a number of bytes of a text.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
