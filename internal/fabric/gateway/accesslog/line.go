package accesslog

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/trace"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// Line is what is told of one request. No header of it is a credential, and no value
// of a query is told that nobody asked for.
type Line struct {
	Time     time.Time `json:"time" doc:"When the request's head had been read."`
	Method   string    `json:"method"`
	Scheme   string    `json:"scheme" doc:"http or https, as the client spoke."`
	Host     string    `json:"host" doc:"The host that was asked for, without its port."`
	Path     string    `json:"path,omitempty" doc:"The decoded path; nothing where no route was found."`
	Query    string    `json:"query,omitempty" doc:"The query with masked values, where the route shows it."`
	Protocol int       `json:"protocol" doc:"1 for HTTP/1.1, 2 for HTTP/2, 0 where none was spoken yet."`
	Status   int       `json:"status" doc:"499 where the client left before the answer, 0 where there was none."`
	// Duration is in milliseconds, from the head of the request to the end of the answer.
	Duration float64 `json:"durationMs" doc:"From the request's head to the end of the answer, in milliseconds."`
	Received int64   `json:"bytesIn" doc:"Bytes of the request's body."`
	Sent     int64   `json:"bytesOut" doc:"Bytes of the answer's body."`
	Client   string  `json:"client" doc:"The address of the client, as far as proxies are believed."`
	Tenant   string  `json:"tenant,omitempty"`
	Project  string  `json:"project,omitempty"`
	Stage    string  `json:"stage,omitempty"`
	Route    string  `json:"route,omitempty"`
	Rule     int     `json:"rule" doc:"The place of the route's rule, from 0."`
	Consumer string  `json:"consumer,omitempty" doc:"Who called, as it was proven."`
	Upstream string  `json:"upstream,omitempty" doc:"The address of the instance that was asked last."`
	Release  string  `json:"release,omitempty" doc:"The release that ran there."`
	Attempts int     `json:"attempts" doc:"How often instances were asked."`
	Reason   string  `json:"reason,omitempty" doc:"Why no route was found, where none was."`
	// Suppressed is a count of lines of the same reason.
	Suppressed int64  `json:"suppressed,omitempty" doc:"How many like it have no line since the last one, because there were too many."`
	By         string `json:"by,omitempty" doc:"What answered in place of a service: a kind of policy, redirect, gateway or client."`
	Firewall   string `json:"waf,omitempty" doc:"What the firewall did with a message in which it found something: passed, detected, blocked or rejected."`
	Score      int    `json:"wafScore,omitempty" doc:"The anomaly score of that message."`
	Trace      string `json:"traceId,omitempty"`
	Span       string `json:"spanId,omitempty" doc:"The gateway's span, where one was recorded."`
	UserAgent  string `json:"userAgent,omitempty" doc:"The client's word, cut after 256 bytes."`
	// Headers has one value for each name, those of several fields joined by commas.
	Headers map[string]string `json:"headers,omitempty" doc:"Headers of the request that the route shows, by names in lower case, each cut after 256 bytes."`
}

// AppendJSON appends the line as one object, without an end of line.
func (l *Line) AppendJSON(b []byte) []byte {
	b = append(b, `{"time":"`...)
	b = l.Time.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, '"')
	b = words(b, "method", l.Method, "scheme", l.Scheme, "host", l.Host, "path", l.Path, "query", l.Query)
	b = number(b, "protocol", int64(l.Protocol))
	b = number(b, "status", int64(l.Status))
	b = append(b, `,"durationMs":`...)
	b = strconv.AppendFloat(b, l.Duration, 'f', 3, 64)
	b = number(b, "bytesIn", l.Received)
	b = number(b, "bytesOut", l.Sent)
	b = words(b, "client", l.Client, "tenant", l.Tenant, "project", l.Project, "stage", l.Stage, "route", l.Route)
	if l.Route != "" {
		b = number(b, "rule", int64(l.Rule))
	}
	b = words(b, "consumer", l.Consumer, "upstream", l.Upstream, "release", l.Release)
	b = number(b, "attempts", int64(l.Attempts))
	b = words(b, "reason", l.Reason)
	if l.Suppressed > 0 {
		b = number(b, "suppressed", l.Suppressed)
	}
	b = words(b, "by", l.By, "waf", l.Firewall)
	if l.Firewall != "" {
		b = number(b, "wafScore", int64(l.Score))
	}
	b = words(b, "traceId", l.Trace, "spanId", l.Span, "userAgent", l.UserAgent)
	if len(l.Headers) > 0 {
		b = append(b, `,"headers":{`...)
		for i, name := range slices.Sorted(maps.Keys(l.Headers)) {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(quoted(b, name), ':')
			b = quoted(b, l.Headers[name])
		}
		b = append(b, '}')
	}
	return append(b, '}')
}

func number(b []byte, key string, n int64) []byte {
	b = append(b, ',', '"')
	b = append(b, key...)
	b = append(b, '"', ':')
	return strconv.AppendInt(b, n, 10)
}

// words appends keys with their values, those that are not empty.
func words(b []byte, pairs ...string) []byte {
	for len(pairs) > 1 {
		if pairs[1] != "" {
			b = append(b, ',', '"')
			b = append(b, pairs[0]...)
			b = append(b, '"', ':')
			b = quoted(b, pairs[1])
		}
		pairs = pairs[2:]
	}
	return b
}

// quoted appends a string as JSON has it (RFC 8259 §7): one line, whatever a client
// put into it.
func quoted(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c == 0x7f:
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			switch {
			case r == utf8.RuneError && size == 1:
				b = append(b, `\ufffd`...)
			case r == '\u2028', r == '\u2029':
				b = append(b, '\\', 'u', '2', '0', '2', digits[r&15])
			default:
				b = append(b, s[i:i+size]...)
			}
			i += size
			continue
		}
		i++
	}
	return append(b, '"')
}

// maxAgent, maxShown, of each header, and maxQuery bound what a client says in a line.
const maxAgent, maxShown, maxQuery = 256, 256, 2048

// Of returns the line of an exchange that is done.
func Of(x *exchange.Exchange, took time.Duration) Line {
	l := Line{
		Time: x.Began, Method: method(x.Request.Header.Method()), Scheme: "http", Host: x.Host, Protocol: max(x.Proto, 1),
		Status: x.Response.StatusCode(), Duration: float64(took.Microseconds()) / 1000, Received: x.Body.Received(), Sent: x.Sent(),
		Consumer: x.Facts.Consumer, Upstream: x.Facts.Upstream, Release: x.Facts.Release, Attempts: x.Facts.Attempts, By: x.Facts.By,
		Firewall: x.Facts.Firewall, Score: x.Facts.AnomalyScore, Trace: x.Trace.Text(),
	}
	if a := x.Address(); a.IsValid() {
		l.Client = a.String()
	}
	if x.Secure() {
		l.Scheme = "https"
	}
	if x.Trace.Context != nil {
		l.Span = trace.SpanContextFromContext(x.Trace.Context).SpanID().String()
	}
	agent := x.Request.Header.UserAgent()
	l.UserAgent = string(agent[:min(len(agent), maxAgent)])
	return l
}

// Headers returns what a request has of some headers, by names in lower case; nil for nothing.
func Headers(h *fasthttp.RequestHeader, show []string) map[string]string {
	var out map[string]string
	for _, name := range show {
		values := h.PeekAll(name)
		if len(values) == 0 {
			continue
		}
		if out == nil {
			out = make(map[string]string, len(show))
		}
		text := bytes.Join(values, []byte(", "))
		out[strings.ToLower(name)] = string(text[:min(len(text), maxShown)])
	}
	return out
}

// method returns a method without copying those that are known.
func method(m []byte) string {
	switch string(m) {
	case "GET":
		return "GET"
	case "POST":
		return "POST"
	case "PUT":
		return "PUT"
	case "DELETE":
		return "DELETE"
	case "PATCH":
		return "PATCH"
	case "HEAD":
		return "HEAD"
	case "OPTIONS":
		return "OPTIONS"
	}
	return string(m[:min(len(m), 32)])
}

// Query returns the query of a target with the values of all but some parameters
// masked; nothing where none is shown.
func Query(target string, show []string) string {
	_, query, ok := strings.Cut(target, "?")
	if !ok || len(show) == 0 {
		return ""
	}
	var b strings.Builder
	for part := range strings.SplitSeq(query, "&") {
		name, value, has := strings.Cut(part, "=")
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		if b.Len()+len(part) > maxQuery {
			b.WriteString("...")
			break
		}
		b.WriteString(name)
		if !has {
			continue
		}
		b.WriteByte('=')
		if shown(name, show) {
			b.WriteString(value)
		} else {
			b.WriteString("***")
		}
	}
	return b.String()
}

func shown(name string, show []string) bool {
	for _, s := range show {
		if s == name {
			return true
		}
	}
	return false
}
