package tracing_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/tracing"
)

const (
	id     = "12345678901234567890123456789012"
	span   = "1234567890123456"
	parent = "00-" + id + "-" + span + "-01"
)

// sent has a request with headers pass a tracer, and returns what a service sees.
func sent(t *testing.T, tr *tracing.Tracer, headers ...string) (traceparent, tracestate string, x *exchange.Exchange) {
	t.Helper()
	req, resp := &fasthttp.Request{}, &fasthttp.Response{}
	req.SetRequestURI("/a")
	req.Header.SetHost("a.localhost")
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	x, ok := exchange.New(req, resp, exchange.Connection{Context: context.Background(), Proto: 1, Body: exchange.NewBody(nil, 0)})
	if !ok {
		t.Fatalf("refused: %s", resp.String())
	}
	tr.Begin(x, "orders", "/a")
	if n := len(req.Header.PeekAll("Traceparent")); n != 1 {
		t.Errorf("%d traceparents", n)
	}
	return string(req.Header.Peek("Traceparent")), string(req.Header.Peek("Tracestate")), x
}

// TestTheCasesOfTheStandardsSuite are those of the W3C's test suite for Trace Context
// (test.py), on what the service behind the gateway receives.
func TestTheCasesOfTheStandardsSuite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		headers []string
		// goes on says that the trace of the client does.
		goesOn bool
		state  string
	}{
		"nothing":                            {},
		"a parent":                           {[]string{"traceparent", parent}, true, ""},
		"a parent twice":                     {[]string{"traceparent", parent, "traceparent", strings.Replace(parent, "1234", "4321", 1)}, false, ""},
		"a parent twice, in other cases":     {[]string{"traceparent", parent, "TraceParent", parent}, false, ""},
		"a name in mixed case":               {[]string{"TraceParent", parent}, true, ""},
		"another name":                       {[]string{"trace-parent", parent}, false, ""},
		"a name with a dot":                  {[]string{"trace.parent", parent}, false, ""},
		"version 00 with something after":    {[]string{"traceparent", parent + "."}, false, ""},
		"version 00 with a field more":       {[]string{"traceparent", parent + "-what-the-future-will-be-like"}, false, ""},
		"a later version":                    {[]string{"traceparent", "cc" + parent[2:]}, true, ""},
		"a later version with a field more":  {[]string{"traceparent", "cc" + parent[2:] + "-what-the-future-will-be-like"}, true, ""},
		"a later version with more, no dash": {[]string{"traceparent", "cc" + parent[2:] + ".what-the-future-will-not-be-like"}, false, ""},
		"version ff":                         {[]string{"traceparent", "ff" + parent[2:]}, false, ""},
		"a version that is no number":        {[]string{"traceparent", ".0" + parent[2:]}, false, ""},
		"a version that is no number, 2":     {[]string{"traceparent", "0." + parent[2:]}, false, ""},
		"a version in upper case":            {[]string{"traceparent", "CC" + parent[2:]}, false, ""},
		"a version too long":                 {[]string{"traceparent", "000" + parent[2:]}, false, ""},
		"a version too long, 2":              {[]string{"traceparent", "0000" + parent[2:]}, false, ""},
		"a version too short":                {[]string{"traceparent", "0" + parent[2:]}, false, ""},
		"a trace of zeros":                   {[]string{"traceparent", "00-" + strings.Repeat("0", 32) + "-" + span + "-01"}, false, ""},
		"a trace in upper case":              {[]string{"traceparent", "00-" + strings.Repeat("A", 32) + "-" + span + "-01"}, false, ""},
		"a trace with a dot":                 {[]string{"traceparent", "00-.2345678901234567890123456789012-" + span + "-01"}, false, ""},
		"a trace with a dot at its end":      {[]string{"traceparent", "00-1234567890123456789012345678901.-" + span + "-01"}, false, ""},
		"a trace too long":                   {[]string{"traceparent", "00-" + id + "3-" + span + "-01"}, false, ""},
		"a trace too short":                  {[]string{"traceparent", "00-" + id[1:] + "-" + span + "-01"}, false, ""},
		"a parent of zeros":                  {[]string{"traceparent", "00-" + id + "-0000000000000000-01"}, false, ""},
		"a parent in upper case":             {[]string{"traceparent", "00-" + id + "-ABCDEFABCDEFABCD-01"}, false, ""},
		"a parent with a dot":                {[]string{"traceparent", "00-" + id + "-.234567890123456-01"}, false, ""},
		"a parent too long":                  {[]string{"traceparent", "00-" + id + "-" + span + "7-01"}, false, ""},
		"a parent too short":                 {[]string{"traceparent", "00-" + id + "-" + span[1:] + "-01"}, false, ""},
		"flags with a dot":                   {[]string{"traceparent", "00-" + id + "-" + span + "-.0"}, false, ""},
		"flags with a dot at their end":      {[]string{"traceparent", "00-" + id + "-" + span + "-0."}, false, ""},
		"flags too long":                     {[]string{"traceparent", "00-" + id + "-" + span + "-001"}, false, ""},
		"flags too short":                    {[]string{"traceparent", "00-" + id + "-" + span + "-1"}, false, ""},
		"flags that are not known":           {[]string{"traceparent", "00-" + id + "-" + span + "-ff"}, true, ""},
		"space before":                       {[]string{"traceparent", " " + parent}, true, ""},
		"a tab before":                       {[]string{"traceparent", "\t" + parent}, true, ""},
		"space around":                       {[]string{"traceparent", "\t " + parent + " \t"}, true, ""},
		"a state without a parent":           {[]string{"tracestate", "foo=1"}, false, ""},
		"a state without a parent, twice":    {[]string{"tracestate", "foo=1", "tracestate", "bar=2"}, false, ""},
		"a state with a broken parent":       {[]string{"traceparent", "00-1-2-3", "tracestate", "foo=1"}, false, ""},
		"a state":                            {[]string{"traceparent", parent, "tracestate", "foo=1,bar=2"}, true, "foo=1,bar=2"},
		"a state under another name":         {[]string{"traceparent", parent, "trace-state", "foo=1"}, true, ""},
		"a state in mixed case":              {[]string{"traceparent", parent, "TraceState", "foo=1"}, true, "foo=1"},
		"an empty state":                     {[]string{"traceparent", parent, "tracestate", ""}, true, ""},
		"an empty state and another":         {[]string{"traceparent", parent, "tracestate", "foo=1", "tracestate", ""}, true, "foo=1"},
		"several states":                     {[]string{"traceparent", parent, "tracestate", "foo=1,bar=2", "tracestate", "rojo=1,congo=2", "tracestate", "baz=3"}, true, "foo=1,bar=2,rojo=1,congo=2,baz=3"},
		"a key twice":                        {[]string{"traceparent", parent, "tracestate", "foo=1,foo=2"}, true, ""},
		"a key twice in two headers":         {[]string{"traceparent", parent, "tracestate", "foo=1", "tracestate", "foo=1"}, true, ""},
		"all characters of keys":             {[]string{"traceparent", parent, "tracestate", "abcdefghijklmnopqrstuvwxyz0123456789_-*/=x"}, true, "abcdefghijklmnopqrstuvwxyz0123456789_-*/=x"},
		"a tenant's key":                     {[]string{"traceparent", parent, "tracestate", "t0@vendor=1"}, true, "t0@vendor=1"},
		"space between members":              {[]string{"traceparent", parent, "tracestate", "foo=1 \t , \t bar=2, \t baz=3"}, true, "foo=1,bar=2,baz=3"},
		"a key with space":                   {[]string{"traceparent", parent, "tracestate", "foo =1"}, true, ""},
		"a key in upper case":                {[]string{"traceparent", parent, "tracestate", "FOO=1"}, true, ""},
		"a key with a dot":                   {[]string{"traceparent", parent, "tracestate", "foo.bar=1"}, true, ""},
		"a key of a vendor without tenant":   {[]string{"traceparent", parent, "tracestate", "foo@=1,bar=2"}, true, ""},
		"a key without a tenant":             {[]string{"traceparent", parent, "tracestate", "@foo=1,bar=2"}, true, ""},
		"a key with two at signs":            {[]string{"traceparent", parent, "tracestate", "foo@@bar=1,bar=2"}, true, ""},
		"a key of 256":                       {[]string{"traceparent", parent, "tracestate", strings.Repeat("z", 256) + "=1"}, true, strings.Repeat("z", 256) + "=1"},
		"a key of 257":                       {[]string{"traceparent", parent, "tracestate", strings.Repeat("z", 257) + "=1"}, true, ""},
		"32 members":                         {[]string{"traceparent", parent, "tracestate", members(32)}, true, members(32)},
		"33 members":                         {[]string{"traceparent", parent, "tracestate", members(33)}, true, ""},
		"a value with an equals sign":        {[]string{"traceparent", parent, "tracestate", "foo=bar=baz"}, true, ""},
		"a value that is empty":              {[]string{"traceparent", parent, "tracestate", "foo=,bar=3"}, true, ""},
		"a large member goes first": {
			[]string{"traceparent", parent, "tracestate", "a=" + strings.Repeat("x", 100) + ",b=" + strings.Repeat("y", 200) + ",c=" + strings.Repeat("z", 100) + ",d=" + strings.Repeat("w", 120)},
			true,
			"a=" + strings.Repeat("x", 100) + ",c=" + strings.Repeat("z", 100) + ",d=" + strings.Repeat("w", 120),
		},
		"then the last": {
			[]string{"traceparent", parent, "tracestate", hundreds("a", "b", "c", "d", "e", "f")}, true, hundreds("a", "b", "c", "d"),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			form := regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-0[0-3]$`)
			for which, tr := range map[string]*tracing.Tracer{"passing": tracing.New(tracing.Config{}), "recording": recording(1).Tracer} {
				headers := c.headers
				traceparent, tracestate, _ := sent(t, tr, headers...)
				m := form.FindStringSubmatch(traceparent)
				if m == nil || m[1] == strings.Repeat("0", 32) || m[2] == strings.Repeat("0", 16) {
					t.Fatalf("%s: traceparent %q", which, traceparent)
				}
				if goesOn := m[1] == id; goesOn != c.goesOn {
					t.Errorf("%s: the trace goes on: %v, want %v: %s", which, goesOn, c.goesOn, traceparent)
				}
				if tracestate != c.state {
					t.Errorf("%s: tracestate %q, want %q", which, tracestate, c.state)
				}
				if which == "recording" && m[2] == span {
					t.Errorf("a recorded span is not the parent of the service's: %s", traceparent)
				}
			}
		})
	}
}

// hundreds are members whose values have a hundred characters.
func hundreds(keys ...string) string {
	return strings.Join(keys, "="+strings.Repeat("x", 100)+",") + "=" + strings.Repeat("x", 100)
}

func members(n int) string {
	all := make([]string, 0, n)
	for i := range n {
		all = append(all, "bar"+string(rune('a'+i%26))+string(rune('a'+i/26))+"=1")
	}
	return strings.Join(all, ",")
}

type recorder struct {
	*tracing.Tracer

	spans *tracetest.InMemoryExporter
}

func recording(ratio float64) recorder {
	spans := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(spans))
	return recorder{tracing.New(tracing.Config{Tracer: provider.Tracer("test"), Ratio: ratio, Forced: 2}), spans}
}

// TestWhatIsRecorded is what the client had recorded, a share of what begins here, and
// no more than is allowed.
func TestWhatIsRecorded(t *testing.T) {
	t.Parallel()
	unsampled := strings.TrimSuffix(parent, "1") + "0"
	for name, c := range map[string]struct {
		ratio    float64
		headers  []string
		recorded int
		flags    string
	}{
		"all that begins here":            {1, nil, 1, "03"},
		"nothing that begins here":        {0, nil, 0, "02"},
		"what the client had recorded":    {0, []string{"Traceparent", parent}, 1, "01"},
		"what the client did not":         {1, []string{"Traceparent", unsampled}, 0, "00"},
		"random and not recorded":         {1, []string{"Traceparent", strings.TrimSuffix(parent, "1") + "2"}, 0, "02"},
		"flags nobody knows are not kept": {1, []string{"Traceparent", strings.TrimSuffix(parent, "01") + "ff"}, 1, "03"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := recording(c.ratio)
			traceparent, _, x := sent(t, r.Tracer, c.headers...)
			x.Handled()
			if n := len(r.spans.GetSpans()); n != c.recorded {
				t.Errorf("%d spans, want %d", n, c.recorded)
			}
			if c.flags != "" && traceparent[53:] != c.flags && !(c.recorded == 0 && len(c.headers) > 0 && traceparent == c.headers[1]) {
				t.Errorf("traceparent %s, want flags %s", traceparent, c.flags)
			}
		})
	}
}

func TestClientsForceFewSpans(t *testing.T) {
	t.Parallel()
	r := recording(0)
	last := ""
	var begun *exchange.Exchange
	for range 5 {
		var x *exchange.Exchange
		if last, _, x = sent(t, r.Tracer, "Traceparent", parent); begun == nil {
			begun = x
		}
		x.Handled()
		if x.Began.Unix() != begun.Began.Unix() {
			t.Skip("a second passed: what is forced is counted anew")
		}
	}
	if n := len(r.spans.GetSpans()); n != 2 {
		t.Errorf("%d spans were forced, want 2", n)
	}
	if !strings.HasPrefix(last, "00-"+id) || !strings.HasSuffix(last, "-00") || last[36:52] == span {
		t.Errorf("beyond it: %s", last)
	}
}

// BenchmarkUnrecorded is what a request pays that is not recorded.
func BenchmarkUnrecorded(b *testing.B) {
	tr := recording(0).Tracer
	req, resp := &fasthttp.Request{}, &fasthttp.Response{}
	req.SetRequestURI("/a")
	req.Header.SetHost("a.localhost")
	x, _ := exchange.New(req, resp, exchange.Connection{Context: context.Background(), Proto: 1, Body: exchange.NewBody(nil, 0)})
	b.ReportAllocs()
	for b.Loop() {
		req.Header.Del("Traceparent")
		tr.Begin(x, "orders", "/a")
	}
}
