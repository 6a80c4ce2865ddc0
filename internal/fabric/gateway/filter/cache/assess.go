package cache

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// heuristically are statuses whose answers may be stored though they do not say
// how long (RFC 9110 §15.1).
func heuristically(status int) bool {
	switch status {
	case 200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501:
		return true
	}
	return false
}

// assess decides whether an answer may be stored for everybody (RFC 9111 §3) and
// how it may be used; nil is one that may not. own tells that it is for one
// client, whoever asks.
func (f *filter) assess(q *request, status int, head fields, sent, received time.Time) (made *stored, own bool) {
	cc, special := f.control(head)
	switch {
	case status < 200, status == http.StatusPartialContent, status == http.StatusNotModified, status > 599:
		return nil, false
	case q.cc.noStore:
		return nil, false
	case cc.mustUnderstand && http.StatusText(status) == "":
		return nil, false
	case cc.noStore && !cc.mustUnderstand, cc.private:
		return nil, true
	case len(head.values("Set-Cookie")) > 0 && !f.spec.stripCookies && !slices.ContainsFunc(slices.Concat(cc.noCacheFields, cc.privateFields), isSetCookie):
		return nil, true
	case q.secret && !f.spec.consumer && !cc.public && !cc.mustRevalidate && cc.sMaxAge == absent && !special:
		return nil, false
	}
	vary, any := variesBy(head)
	if any {
		return nil, true
	}
	s := &stored{Vary: vary}
	s.Status, s.Received, s.Date = status, received, head.date("Date")
	if s.Date.IsZero() {
		s.Date = received
	}
	life, explicit := f.lifetime(q, status, head, cc, special, s.Date)
	if !explicit && !cc.public && !heuristically(status) && life == 0 {
		return nil, false
	}
	s.Lifetime, s.Age = life, ageOf(head, s.Date, sent, received)
	s.ETag, s.Modified = head.value("ETag"), head.value("Last-Modified")
	s.NoCache = cc.noCache
	s.Revalidate = cc.mustRevalidate || cc.proxyRevalidate || cc.sMaxAge != absent
	s.WhileRevalidate, s.IfError = given(cc.whileRevalidate, f.spec.whileRevalidate), given(cc.ifError, f.spec.ifError)
	s.Tags = f.tags(head)
	if life <= s.Age && s.WhileRevalidate == 0 && s.IfError == 0 && s.ETag == "" && s.Modified == "" {
		return nil, false // nobody could ever get it
	}
	return s, false
}

func isSetCookie(name string) bool { return strings.EqualFold(name, "set-cookie") }

func given(seconds int64, otherwise time.Duration) int64 {
	if seconds != absent {
		return seconds
	}
	return int64(otherwise / time.Second)
}

// control returns the directives for this cache, and whether they are meant for
// it in particular (RFC 9213 §2.2).
func (f *filter) control(head fields) (cc directives, special bool) {
	for _, name := range f.spec.targets {
		if d, ok := targeted(head.values(name)); ok {
			return d, true
		}
	}
	return parse(head.values("Cache-Control")...), false
}

// lifetime is how long an answer is fresh, in seconds, and whether somebody has
// said so (RFC 9111 §4.2.1).
func (f *filter) lifetime(q *request, status int, head fields, cc directives, special bool, date time.Time) (life int64, explicit bool) {
	life, explicit = f.stated(status, head, cc, special, date)
	if !explicit && !q.cookies { // with cookies it may be somebody's own, and nobody says that it is not
		life = f.guessed(status, head, cc, date)
	}
	return min(life, int64(f.spec.longest/time.Second)), explicit
}

func (f *filter) stated(status int, head fields, cc directives, special bool, date time.Time) (life int64, explicit bool) {
	if d, ok := byStatus(f.spec.override, status); ok {
		return int64(d / time.Second), true
	}
	expires := head.values("Expires")
	switch {
	case cc.sMaxAge != absent:
		return cc.sMaxAge, true
	case cc.maxAge != absent:
		return cc.maxAge, true
	case special || len(expires) == 0:
		return 0, false
	}
	at, err := http.ParseTime(expires[0])
	if err != nil || len(expires) > 1 {
		return 0, true // a date that is none is in the past (RFC 9111 §5.3)
	}
	return max(0, int64(at.Sub(date)/time.Second)), true
}

// guessed is how long an answer is fresh that does not say it: as the policy
// says, else by its age (RFC 9111 §4.2.2).
func (f *filter) guessed(status int, head fields, cc directives, date time.Time) int64 {
	if d, ok := byStatus(f.spec.fallback, status); ok {
		return int64(d / time.Second)
	}
	if modified := head.date("Last-Modified"); f.spec.heuristic > 0 && !modified.IsZero() && (heuristically(status) || cc.public) {
		if span := date.Sub(modified); span > 0 {
			return int64(min(time.Duration(float64(span)*f.spec.fraction), f.spec.heuristic) / time.Second)
		}
	}
	if heuristically(status) {
		return int64(f.spec.all / time.Second)
	}
	return 0
}

func byStatus(m map[int]time.Duration, status int) (time.Duration, bool) {
	if d, ok := m[status]; ok {
		return d, true
	}
	d, ok := m[status/100]
	return d, ok
}

// ageOf is how old an answer was when it came (RFC 9111 §4.2.3).
func ageOf(head fields, date, sent, received time.Time) int64 {
	apparent := max(0, int64(received.Sub(date)/time.Second))
	said := int64(0)
	if all := head.values("Age"); len(all) > 0 {
		first, _, _ := strings.Cut(all[0], ",")
		if first = strings.TrimSpace(first); first != "" && strings.Trim(first, "0123456789") == "" {
			if n, err := strconv.ParseInt(first, 10, 64); err != nil || n > maxSeconds {
				said = maxSeconds
			} else {
				said = n
			}
		}
	}
	return max(apparent, said+int64(received.Sub(sent)/time.Second))
}

// maxVary bounds the headers that answers may vary by.
const maxVary = 16

// variesBy returns the headers that an answer varies by, in one order; all
// tells that no other request is like it.
func variesBy(head fields) (names []string, all bool) {
	for _, line := range head.values("Vary") {
		for name := range strings.SplitSeq(line, ",") {
			name = strings.ToLower(strings.TrimSpace(name))
			if name == "*" {
				return nil, true
			}
			if name != "" {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names, len(names) > maxVary
}

const (
	tagHeader       = "cache-tag"
	surrogateHeader = "surrogate-key"
	maxTags         = 64
)

// tags are the words that an answer can be purged by, with its stage.
func (f *filter) tags(head fields) (out []string) {
	add := func(name string) {
		if name = strings.TrimSpace(name); name != "" && len(name) <= 256 && len(out) < maxTags {
			out = append(out, tag(f.scope, name))
		}
	}
	for _, line := range head.values(tagHeader) {
		for name := range strings.SplitSeq(line, ",") {
			add(name)
		}
	}
	for _, line := range head.values(surrogateHeader) {
		for name := range strings.FieldsSeq(line) {
			add(name)
		}
	}
	return out
}
