package cache

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	tier "github.com/terrace-idp/terrace/internal/fabric/cache"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/kernel"
)

// tee stores a stream as it is read.
func (f *filter) tee(x *exchange.Exchange, q *request, made *stored, head fields, land func(alone bool)) {
	length := x.Response.Header.ContentLength()
	if length > f.spec.object {
		land(true)
		return
	}
	c := &copying{f: f, limit: f.spec.object, length: length}
	c.done = func(whole bool) {
		if whole {
			f.finish(made, head, slices.Clip(c.kept))
			f.put(q, made)
		}
		f.space.filling.Add(-int64(c.taken))
		c.kept = nil
		land(!whole || made.NoCache || made.Lifetime == 0)
	}
	x.WrapStream(func(r io.Reader) io.Reader {
		c.r = r
		return c
	})
	x.OnDone(func() { c.end(false) })
}

// copying reads a stream and keeps what was read, up to its end.
type copying struct {
	f             *filter
	r             io.Reader
	kept          []byte
	limit, length int
	// taken are the bytes that it holds of the memory for answers under way.
	taken int
	over  bool
	done  func(whole bool)
}

// Read implements io.Reader.
func (c *copying) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if c.over {
		return n, err //nolint:wrapcheck // the error of the body itself
	}
	if n > 0 {
		c.taken += n
		if held := c.f.space.filling.Add(int64(n)); len(c.kept)+n > c.limit || held > int64(c.f.spec.memory) {
			c.end(false)
			return n, err //nolint:wrapcheck // the error of the body itself
		}
		c.kept = append(c.kept, p[:n]...)
	}
	switch {
	case err == io.EOF && (c.length < 0 || len(c.kept) == c.length), c.length >= 0 && len(c.kept) == c.length && err == nil:
		c.end(true)
	case err != nil:
		c.end(false)
	}
	return n, err //nolint:wrapcheck // the error of the body itself
}

func (c *copying) end(whole bool) {
	if !c.over {
		c.over = true
		c.done(whole)
	}
}

// clean is what is stored of a head.
func (f *filter) clean(head fields) fields {
	cc, _ := f.control(head)
	return head.without(func(name string) bool {
		same := func(listed string) bool { return strings.EqualFold(listed, name) }
		return transient(name) || name == "set-cookie" && f.spec.stripCookies || !f.spec.showTags && (name == tagHeader || name == surrogateHeader) ||
			slices.ContainsFunc(cc.noCacheFields, same) || slices.ContainsFunc(cc.privateFields, same)
	})
}

// finish gives an answer its head and body.
func (f *filter) finish(s *stored, head fields, body []byte) {
	head = head.without(transient)
	if head.value("Date") == "" {
		head = append(head, field{"Date", s.Date.Format(http.TimeFormat)})
	}
	s.head, s.body = head.head(s.Status, len(body)), body
}

// put stores an answer below the variation of its URL.
func (f *filter) put(q *request, s *stored) {
	until := s.until()
	v, ends := f.variation(q, s.Vary)
	if v == nil || until.After(ends) {
		if v == nil {
			v = &stored{Generation: kernel.NewID("g"), Vary: s.Vary}
		}
		if !f.space.cache.Set(q.mark, q.base, tier.Entry[*stored]{Value: v, Until: until}) {
			return
		}
	}
	s.Vary = nil
	f.space.cache.Set(q.mark, f.answerKey(q, v), tier.Entry[*stored]{Value: s, Tags: s.Tags, Until: until})
}

// variation returns the one that an answer fits in, nil where a new one has to
// begin: the newest answer says what its URL varies by (RFC 9111 §4.1).
func (f *filter) variation(q *request, vary []string) (*stored, time.Time) {
	e, ok := f.space.cache.Get(context.Background(), q.base)
	if !ok || e.Value.Passed || !slices.Equal(e.Value.Vary, vary) {
		return nil, time.Time{}
	}
	return e.Value, e.Until
}

// markPassed notes that the answers to a URL are for one client each.
func (f *filter) markPassed(q *request) {
	if _, ok := f.space.cache.Get(context.Background(), q.base); ok {
		return
	}
	f.space.cache.Set(q.mark, q.base, tier.Entry[*stored]{
		Value: &stored{Passed: true}, Until: f.kind.config.Clock.Now().Add(passing),
	})
}
