package cache

import (
	"bufio"
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// self is the cache's name in Cache-Status.
const self = "terrace; "

// say tells what the cache did (RFC 9211), behind what caches before it said.
func say(x *exchange.Exchange, what string) {
	h := &x.Response.Header
	if before := join(h.PeekAll("Cache-Status")); before != "" {
		h.Set("Cache-Status", before+", "+self+what)
		return
	}
	h.Set("Cache-Status", self+what)
}

// hideTags takes the words for purging out of what a client sees.
func (f *filter) hideTags(h *fasthttp.ResponseHeader) {
	if !f.spec.showTags {
		h.Del("Cache-Tag")
		h.Del("Surrogate-Key")
	}
}

type headReader struct {
	bytes  bytes.Reader
	buffer *bufio.Reader
}

var headReaders = sync.Pool{New: func() any { //nolint:gochecknoglobals // memory that is used again
	r := &headReader{}
	r.buffer = bufio.NewReaderSize(&r.bytes, maxHead+4096)
	return r
}}

// readInto reads the stored head.
func (s *stored) readInto(h *fasthttp.ResponseHeader) error {
	r := headReaders.Get().(*headReader) //nolint:forcetypeassert // what is stored
	defer headReaders.Put(r)
	r.bytes.Reset(s.head)
	r.buffer.Reset(&r.bytes)
	return h.Read(r.buffer) //nolint:wrapcheck // it is not told
}

// deliver answers with what is stored.
func (f *filter) deliver(x *exchange.Exchange, q *request, s *stored, how string) {
	h := &x.Response.Header
	if err := s.readInto(h); err != nil {
		x.Refuse(KindName, http.StatusInternalServerError, "Stored answer not understood", "The gateway cannot read what it stored.", "")
		return
	}
	x.Facts.By, x.Response.SkipBody = KindName, false
	age := s.age(q.at)
	h.Set("Age", strconv.FormatInt(age, 10))
	say(x, how+"; ttl="+strconv.FormatInt(s.Lifetime-age, 10))
	switch {
	case s.holds(q):
		for _, name := range []string{"Content-Type", "Content-Encoding", "Content-Language"} {
			h.Del(name)
		}
		h.SetStatusCode(http.StatusNotModified)
		x.SetBody(nil)
		x.Response.SkipBody = true
	case q.head:
		x.SetBody(nil)
		h.SetContentLength(len(s.body))
		x.Response.SkipBody = true
	case q.span != "" && s.Status == http.StatusOK && s.spans(q):
		s.part(x, q.span)
	default:
		x.SetBody(s.body)
	}
}

// holds tells that the client has this very answer (RFC 9110 §13.2.2).
func (s *stored) holds(q *request) bool {
	if s.Status != http.StatusOK {
		return false
	}
	if q.noneMatch != "" {
		if strings.TrimSpace(q.noneMatch) == "*" {
			return true
		}
		return s.ETag != "" && listed(q.noneMatch, s.ETag)
	}
	if q.since == "" {
		return false
	}
	since, err := http.ParseTime(q.since)
	if err != nil {
		return false
	}
	modified, err := http.ParseTime(s.Modified)
	if err != nil {
		modified = s.Date
	}
	return !modified.After(since)
}

// listed tells that an entity tag is in a list of them. Their quotes hide
// commas; one without quotes is taken as it stands.
func listed(list, etag string) bool {
	for list = strings.TrimLeft(list, " \t,"); list != ""; list = strings.TrimLeft(list, " \t,") {
		one := list
		from := 0
		if strings.HasPrefix(one, "W/") {
			from = 2
		}
		if strings.HasPrefix(one[from:], `"`) {
			if end := strings.IndexByte(one[from+1:], '"'); end >= 0 {
				one = one[:from+1+end+1]
			}
		} else if end := strings.IndexAny(one, ","); end >= 0 {
			one = strings.TrimRight(one[:end], " \t")
		}
		if weakly(strings.TrimRight(one, " \t"), etag) {
			return true
		}
		list = list[len(one):]
	}
	return false
}

// weakly compares entity tags (RFC 9110 §8.8.3.2).
func weakly(a, b string) bool { return strings.TrimPrefix(a, "W/") == strings.TrimPrefix(b, "W/") }

// spans tells that a range is of this answer (RFC 9110 §13.1.5).
func (s *stored) spans(q *request) bool {
	switch {
	case q.spanIf == "":
		return true
	case strings.HasPrefix(q.spanIf, `"`):
		return q.spanIf == s.ETag
	case strings.HasPrefix(q.spanIf, "W/"):
		return false
	}
	return q.spanIf == s.Modified
}

// part answers with one range of the body (RFC 9110 §14.2). Several, or units
// that nobody knows, get the whole.
func (s *stored) part(x *exchange.Exchange, span string) {
	first, last, ok := within(span, len(s.body))
	h := &x.Response.Header
	switch {
	case !ok:
		x.SetBody(s.body)
	case first > last:
		h.SetStatusCode(http.StatusRequestedRangeNotSatisfiable)
		h.Set("Content-Range", "bytes */"+strconv.Itoa(len(s.body)))
		h.SetContentLength(0)
		x.SetBody(nil)
	default:
		h.SetStatusCode(http.StatusPartialContent)
		h.Set("Content-Range", "bytes "+strconv.Itoa(first)+"-"+strconv.Itoa(last)+"/"+strconv.Itoa(len(s.body)))
		h.SetContentLength(last - first + 1)
		x.SetBody(s.body[first : last+1])
	}
}

// within reads a range; first beyond last is one that lies outside.
func within(span string, length int) (first, last int, ok bool) {
	unit, set, ok := strings.Cut(span, "=")
	if !ok || !strings.EqualFold(strings.TrimSpace(unit), "bytes") || strings.Contains(set, ",") {
		return 0, 0, false
	}
	from, to, ok := strings.Cut(strings.TrimSpace(set), "-")
	if !ok {
		return 0, 0, false
	}
	if from == "" {
		n, err := strconv.Atoi(to)
		if err != nil || n < 0 {
			return 0, 0, false
		}
		return max(0, length-n), length - 1, true
	}
	first, err := strconv.Atoi(from)
	if err != nil || first < 0 {
		return 0, 0, false
	}
	if last = length - 1; to != "" {
		n, err := strconv.Atoi(to)
		if err != nil || n < first {
			return 0, 0, false
		}
		last = min(last, n)
	}
	return first, last, true
}
