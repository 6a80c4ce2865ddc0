package front_test

import (
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// many are fields that come to some 64 bytes each, as they are counted; plain ones are
// sent anew each time.
func many(n int, plain bool) []hpack.HeaderField {
	out := make([]hpack.HeaderField, n)
	for i := range out {
		out[i] = hpack.HeaderField{Name: "x-field", Value: strings.Repeat("v", 25), Sensitive: plain}
	}
	return out
}

// sendHead sends a request whose head comes in frames of a size.
func (a *attacker) sendHead(t *testing.T, size int, padding uint8, fields []hpack.HeaderField) {
	t.Helper()
	block, stream := a.request("/", fields...)
	first := block[:min(size, len(block))]
	block = block[len(first):]
	err := a.WriteHeaders(http2.HeadersFrameParam{
		StreamID: stream, BlockFragment: first, EndStream: true, EndHeaders: len(block) == 0, PadLength: padding, Priority: http2.PriorityParam{Weight: padding},
	})
	for len(block) > 0 && err == nil {
		part := block[:min(size, len(block))]
		block = block[len(part):]
		err = a.WriteContinuation(stream, len(block) == 0, part)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestAHeadOfHTTP2ThatIsTooLargeIsTold whether the server answers it or ends the connection,
// and no other is.
func TestAHeadOfHTTP2ThatIsTooLargeIsTold(t *testing.T) {
	t.Parallel()
	long := hpack.HeaderField{Name: "x-long", Value: strings.Repeat("v", 3900)}
	for name, c := range map[string]struct {
		size    int
		padding uint8
		fields  []hpack.HeaderField
		told    bool
		status  int
	}{
		"as large as may be":            {16 << 10, 0, many(1010, true), false, 0},
		"with padding and a priority":   {12 << 10, 200, many(1010, true), false, 0},
		"too large in its last frame":   {16 << 10, 0, many(1040, false), true, 431},
		"with padding, too large":       {12 << 10, 255, many(1040, false), true, 431},
		"large by its references alone": {16 << 10, 0, repeated(long, 20), true, 431},
		"going on after it":             {200, 0, repeated(long, 800), true, 0},
		"a value":                       {16 << 10, 0, []hpack.HeaderField{{Name: "x", Value: strings.Repeat("v", 70<<10)}}, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told, served := make(chan exchange.Unrouted, 10), make(chan string, 10)
			addr := startPlain(t, func(x *exchange.Exchange) { served <- x.Path }, func(u exchange.Unrouted) { told <- u })
			a := attack(t, addr)
			a.sendHead(t, c.size, c.padding, c.fields)
			if !c.told {
				await(t, "the request", served)
				if len(told) > 0 {
					t.Errorf("%+v", <-told)
				}
				return
			}
			u := await(t, "being told", told)
			if u.Reason != exchange.HeadTooLarge || u.Status != c.status || u.Proto != 2 || u.Client == nil || u.Secure {
				t.Errorf("%+v", u)
			}
			if c.status == 0 {
				await(t, "the end of the connection", a.ended)
				return
			}
			if _, err := a.begin("/next", true); err != nil { // the connection goes on
				t.Fatal(err)
			}
			if path := await(t, "the next request", served); path != "/next" || len(told) > 0 {
				t.Errorf("%s was served, and %d were told", path, len(told))
			}
		})
	}
}

func repeated(f hpack.HeaderField, n int) []hpack.HeaderField {
	out := make([]hpack.HeaderField, n)
	for i := range out {
		out[i] = f
	}
	return out
}
