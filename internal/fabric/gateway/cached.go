package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/terrace-idp/terrace/internal/kernel"
)

// ActionPurge is to drop what is stored of answers to a stage's routes.
const ActionPurge = "gateway.purge"

// factPurged is the fact of a purge, by which other processes learn of it.
const factPurged = "gateway-cache.purged"

// CachePurge says which stored answers of a stage are dropped: those that have
// all that it names.
type CachePurge struct {
	// Tag is one of an answer's Cache-Tag or Surrogate-Key.
	Tag string `json:"tag,omitempty" maxLength:"256" doc:"A tag of answers: of their Cache-Tag or Surrogate-Key."`
	// URL is where it was asked for, whatever the scheme and the port; with a * at
	// its end it is the beginning of such.
	URL string `json:"url,omitempty" maxLength:"4096" doc:"Where they were asked for, such as https://orders.dev.shop.localhost/products/7; with a * at its end all that begin so. The scheme and the port do not count."`
	// Host is the host that was asked.
	Host string `json:"host,omitempty" maxLength:"253" doc:"The host that was asked, without a port."`
	// Route is the route that answered.
	Route string `json:"route,omitempty" maxLength:"253" doc:"The route that answered."`
	// All is everything of the stage.
	All bool `json:"all,omitempty" doc:"Everything of the stage."`
	// Soft makes answers stale instead of dropping them: they are asked for again,
	// and used where a policy or the service lets stale ones be used.
	Soft bool `json:"soft,omitempty" doc:"Make them stale instead of dropping them: they may be used while a newer one is fetched, or where the service fails, as far as that is allowed."`
}

// CacheUse is what is stored of a route's answers, and what it was good for, in
// one process.
type CacheUse struct {
	Route string `json:"route"`
	// Policy is what has them stored.
	Policy string `json:"policy"`
	// Entries are stored answers, Bytes what they take of memory.
	Entries int   `json:"entries"`
	Bytes   int64 `json:"bytes"`
	// Hits were answered with fresh ones, Stale with stale ones, Misses by the
	// service; Bypassed had nothing to do with the cache.
	Hits     int64 `json:"hits"`
	Stale    int64 `json:"stale"`
	Misses   int64 `json:"misses"`
	Bypassed int64 `json:"bypassed"`
	// Ratio is the part of requests that stored answers were good for, of those that
	// did not pass by; nil where there was none.
	Ratio *float64 `json:"hitRatio,omitempty"`
}

// Cache is what policies have stored of answers.
type Cache interface {
	// Purge drops stored answers of a scope everywhere, and returns how many this
	// process had.
	Purge(ctx context.Context, scope kernel.Scope, p CachePurge) int
	// Hear drops what another process has purged.
	Hear(ctx context.Context, scope kernel.Scope, p CachePurge)
	// Forget drops everything of this process, and that out of the tier that replicas share.
	Forget(ctx context.Context)
	// Uses returns what this process has stored for the routes of a scope, by name.
	Uses(scope kernel.Scope) []CacheUse
}

// Place returns the host and the path with the query that p's URL or host names,
// as a request has them; begins tells that the path only begins so.
func (p CachePurge) Place() (host, target string, begins bool) {
	if p.URL == "" {
		return strings.ToLower(p.Host), "", true
	}
	raw, begins := strings.CutSuffix(p.URL, "*")
	if !strings.Contains(raw, "://") {
		raw = "//" + raw
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", "", false
	}
	target = u.RequestURI()
	if u.Path == "" && begins {
		target = ""
	}
	return strings.ToLower(u.Hostname()), target, begins
}

// check tells what is wrong with a purge.
func (p CachePurge) check() error {
	var problems []kernel.Problem
	add := func(path, message, fix string) {
		problems = append(problems, kernel.Problem{Path: path, Message: message, Fix: fix})
	}
	if named := p.Tag != "" || p.URL != "" || p.Host != "" || p.Route != ""; named == p.All {
		if p.All {
			add("all", "everything is named, and something of it", "leave out all, or the rest")
		} else {
			add("", "nothing is named that is to be dropped", "name a tag, a URL, a host or a route, or everything with all")
		}
	}
	if p.URL != "" {
		if p.Host != "" {
			add("host", "the URL has a host already", "leave out the host")
		}
		if host, target, _ := p.Place(); host == "" || !strings.HasPrefix(target, "/") && target != "" || strings.Contains(p.URL, "#") {
			add("url", strconv.Quote(p.URL)+" is no address of a request", "write it as https://host/path, with a * at its end for all that begin so")
		}
	}
	if _, _, err := net.SplitHostPort(p.Host); err == nil || strings.ContainsAny(p.Host, "/ ") {
		add("host", strconv.Quote(p.Host)+" is not the name of a host", "write it without a port and a path")
	}
	for _, one := range [][2]string{{"tag", p.Tag}, {"url", p.URL}, {"host", p.Host}, {"route", p.Route}} {
		if strings.ContainsFunc(one[1], func(r rune) bool { return r < ' ' || r == 0x7f }) {
			add(one[0], "it has a control character", "remove it")
		}
	}
	if len(problems) > 0 {
		return kernel.Errorf(kernel.Invalid, "nothing was dropped").WithProblems(problems...)
	}
	return nil
}

// PurgeCache drops stored answers of a stage, in this process and in the tier that
// replicas share at once; other processes learn of it by the event. It returns how
// many this process had.
func (s *Service) PurgeCache(ctx context.Context, scope kernel.Scope, p CachePurge) (int, error) {
	if err := s.Authorizer.Authorize(ctx, ActionPurge, scope); err != nil {
		return 0, err
	}
	if s.Stages != nil {
		if err := s.Stages.Check(scope.Stage); err != nil {
			return 0, err
		}
	}
	if err := p.check(); err != nil {
		return 0, err
	}
	if p.Route != "" {
		if _, err := s.Store.Get(ctx, scope, p.Route); err != nil {
			return 0, err
		}
	}
	id := kernel.NewID("evt")
	s.purged.Store(id, true)
	err := s.Tx.InTx(ctx, func(ctx context.Context) error {
		return s.Journal.Record(ctx, kernel.Fact{ID: id, Type: factPurged, Scope: scope, Subject: p.what(), Data: p})
	})
	if err != nil {
		s.purged.Delete(id)
		return 0, err
	}
	if s.Cache == nil {
		return 0, nil
	}
	return s.Cache.Purge(ctx, scope, p), nil
}

// what names what is dropped.
func (p CachePurge) what() string {
	for _, name := range []string{p.Tag, p.URL, p.Host, p.Route} {
		if name != "" {
			return name
		}
	}
	return "everything"
}

// CacheUses returns what the process that is asked has stored for a stage's routes.
func (s *Service) CacheUses(ctx context.Context, scope kernel.Scope) ([]CacheUse, error) {
	if err := s.Authorizer.Authorize(ctx, ActionRead, scope); err != nil {
		return nil, err
	}
	if s.Cache == nil {
		return nil, nil
	}
	return s.Cache.Uses(scope), nil
}

// Deaf is Heard for a process that cannot know any more what others have purged: everything
// that it has stored goes.
func (s *Service) Deaf(ctx context.Context) {
	if s.Cache == nil {
		return
	}
	s.Log.WarnContext(ctx, "what was purged elsewhere is no longer kept: all stored answers are dropped")
	s.Cache.Forget(ctx)
}

// Heard has the cache follow what another process has purged: fact is the type of
// an event, id its id, data what it says. Others it does not know.
func (s *Service) Heard(ctx context.Context, id, fact string, scope kernel.Scope, data []byte) error {
	if fact != factPurged {
		return nil
	}
	if _, own := s.purged.LoadAndDelete(id); own || s.Cache == nil {
		return nil
	}
	var p CachePurge
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("read a purge: %w", err)
	}
	s.Cache.Hear(ctx, scope, p)
	return nil
}
