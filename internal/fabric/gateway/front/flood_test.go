package front_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
	"github.com/terrace-idp/terrace/internal/fabric/gateway/filter/filtertest"
)

// attacker is a client of HTTP/2 that sends what it likes.
type attacker struct {
	*http2.Framer

	conn    io.Closer
	encoder *hpack.Encoder
	head    bytes.Buffer
	stream  uint32
	// got counts the frames that came, by type; ended is closed with the connection.
	mu    sync.Mutex
	got   map[http2.FrameType]int
	codes map[http2.ErrCode]int
	ended chan struct{}
}

func attack(t *testing.T, addr string, settings ...http2.Setting) *attacker {
	t.Helper()
	c := dial(t, addr)
	a := &attacker{
		Framer: http2.NewFramer(c, c), conn: c, stream: 1, got: map[http2.FrameType]int{}, codes: map[http2.ErrCode]int{}, ended: make(chan struct{}),
	}
	a.encoder = hpack.NewEncoder(&a.head)
	_, _ = io.WriteString(c, http2.ClientPreface)
	_ = a.WriteSettings(settings...)
	go a.listen()
	return a
}

func (a *attacker) listen() {
	defer close(a.ended)
	for {
		f, err := a.ReadFrame()
		if err != nil {
			return
		}
		a.mu.Lock()
		a.got[f.Header().Type]++
		switch f := f.(type) {
		case *http2.RSTStreamFrame:
			a.codes[f.ErrCode]++
		case *http2.GoAwayFrame:
			a.codes[f.ErrCode]++
		}
		a.mu.Unlock()
	}
}

// request returns the head of a request and the stream that it goes on.
func (a *attacker) request(path string, more ...hpack.HeaderField) (block []byte, stream uint32) {
	a.head.Reset()
	fields := append([]hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":authority", Value: "a"}, {Name: ":path", Value: path},
	}, more...)
	for _, f := range fields {
		_ = a.encoder.WriteField(f)
	}
	stream = a.stream
	a.stream += 2
	return bytes.Clone(a.head.Bytes()), stream
}

func (a *attacker) begin(path string, end bool) (stream uint32, err error) {
	block, stream := a.request(path)
	return stream, a.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block, EndHeaders: true, EndStream: end})
}

// TestFloodsOfHTTP2 has clients do what costs them nothing: their connections end
// within the bound that is told, and everybody else is served meanwhile.
func TestFloodsOfHTTP2(t *testing.T) {
	t.Parallel()
	// What a socket takes that nobody reads counts as sent, too.
	const enough = 400_000
	open := func(a *attacker) uint32 {
		stream, _ := a.begin("/waits", false)
		return stream
	}
	cases := []struct {
		reason string
		step   func(a *attacker, n int, stream uint32) error
	}{
		{"streams that are reset at once", func(a *attacker, _ int, _ uint32) error {
			stream, err := a.begin("/waits", true)
			if err != nil {
				return err
			}
			return a.WriteRSTStream(stream, http2.ErrCodeCancel)
		}},
		{"a head that goes on", func(a *attacker, n int, _ uint32) error {
			block, stream := a.request("/")
			if n == 0 {
				return a.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block})
			}
			a.head.Reset()
			_ = a.encoder.WriteField(hpack.HeaderField{Name: "x-flood", Value: strings.Repeat("x", 1000), Sensitive: true})
			return a.WriteContinuation(stream-uint32(2*n), false, a.head.Bytes())
		}},
		{"a head that goes on with nothing", func(a *attacker, n int, _ uint32) error {
			block, stream := a.request("/")
			if n == 0 {
				return a.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block})
			}
			return a.WriteContinuation(stream-uint32(2*n), false, nil)
		}},
		{"settings", func(a *attacker, _ int, _ uint32) error { return a.WriteSettings() }},
		{"confirmed settings", func(a *attacker, _ int, _ uint32) error { return a.WriteSettingsAck() }},
		{"pings", func(a *attacker, _ int, _ uint32) error { return a.WritePing(false, [8]byte{}) }},
		{"priorities", func(a *attacker, _ int, stream uint32) error {
			return a.WritePriority(stream+2, http2.PriorityParam{Weight: 1})
		}},
		{"empty data", func(a *attacker, _ int, stream uint32) error { return a.WriteData(stream, false, nil) }},
		{"frames of no known type", func(a *attacker, _ int, _ uint32) error { return a.WriteRawFrame(0x42, 0, 0, nil) }},
		{"windows by the byte", func(a *attacker, _ int, stream uint32) error { return a.WriteWindowUpdate(stream, 1) }},
	}
	for _, c := range cases {
		t.Run(c.reason, func(t *testing.T) {
			t.Parallel()
			var begun atomic.Int64
			addr := startPlain(t, func(x *exchange.Exchange) {
				if x.Path == "/waits" {
					begun.Add(1)
					_, _ = io.Copy(io.Discard, x.Body)
					<-x.Context().Done()
				}
			})
			others := besides(t, addr)
			a := attack(t, addr)
			stream := open(a)
			sent := 0
			for ; sent < enough; sent++ {
				if err := c.step(a, sent, stream); err != nil {
					break
				}
			}
			await(t, "the end of the connection", a.ended)
			served, failed := others()
			t.Logf("ended after %d were sent; %d requests begun; others: %d served, %d failed; codes %v", sent, begun.Load(), served, failed, a.codes)
			if sent == enough {
				t.Errorf("the connection stays for %d of them", sent)
			}
			if begun.Load() > 2000 {
				t.Errorf("%d requests were begun", begun.Load())
			}
			if failed > 0 || served == 0 {
				t.Errorf("others: %d served, %d failed", served, failed)
			}
		})
	}
}

// besides asks over another connection until the function that it returns is
// called, which tells how that went.
func besides(t *testing.T, addr string) func() (served, failed int) {
	t.Helper()
	client := client2(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	served, failed := 0, 0
	first := make(chan struct{})
	go func() {
		defer close(done)
		for n := 0; ctx.Err() == nil; n++ {
			resp, err := client.Get("http://" + addr + "/")
			switch {
			case err != nil || resp.StatusCode != http.StatusOK:
				failed++
			default:
				served++
			}
			if err == nil {
				_ = resp.Body.Close()
			}
			if n == 0 {
				close(first)
			}
		}
	}()
	<-first
	return func() (int, int) {
		cancel()
		<-done
		return served, failed
	}
}

// TestHeadsOfHTTP2AreBounded has a head grow while it is unpacked, and one that
// never comes whole.
func TestHeadsOfHTTP2AreBounded(t *testing.T) {
	t.Parallel()
	var largest atomic.Int64
	addr := startPlain(t, func(x *exchange.Exchange) {
		largest.Store(max(largest.Load(), int64(len(x.Request.Header.RawHeaders()))))
	})
	others := besides(t, addr)
	a := attack(t, addr)
	// One field of 4 KB in the table, named again and again by one byte each.
	block, stream := a.request("/", hpack.HeaderField{Name: "x-bomb", Value: strings.Repeat("x", 3900)})
	block = append(block, bytes.Repeat([]byte{0x80 | 62}, 12_000)...)
	_ = a.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block, EndHeaders: true, EndStream: true})
	half := attack(t, addr)
	begun, stream := half.request("/")
	_ = half.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: begun})
	await(t, "the end of a connection whose head does not come whole", half.ended)
	block, stream = a.request("/")
	_ = a.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: block, EndHeaders: true, EndStream: true})
	_ = a.WriteGoAway(0, http2.ErrCodeNo, nil)
	await(t, "the end of the attacker's connection", a.ended)
	served, failed := others()
	t.Logf("the largest head that was handled has %d bytes; others: %d served, %d failed", largest.Load(), served, failed)
	if largest.Load() > 64<<10 || failed > 0 {
		t.Errorf("a head of %d bytes was handled; %d others failed", largest.Load(), failed)
	}
}

// TestWindowsThatStayClosed has a client ask for many answers and take none: its
// streams end, and no more run at once than it was told.
func TestWindowsThatStayClosed(t *testing.T) {
	t.Parallel()
	var now, most, ended atomic.Int64
	addr := startPlain(t, func(x *exchange.Exchange) {
		if x.Path != "/endless" {
			return
		}
		if n := now.Add(1); n > most.Load() {
			most.Store(n)
		}
		x.Stream(endless{}, -1, nil)
		x.OnDone(func() {
			now.Add(-1)
			ended.Add(1)
		})
	})
	others := besides(t, addr)
	a := attack(t, addr, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	for range 400 {
		if _, err := a.begin("/endless", true); err != nil {
			t.Fatal(err)
		}
	}
	resets := func() int {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.got[http2.FrameRSTStream]
	}
	filtertest.Until(t, "the end of all streams", func() bool { return resets() == 400 && now.Load() == 0 })
	served, failed := others()
	t.Logf("of 400 streams %d ran, at most %d at once; others: %d served, %d failed; codes %v", ended.Load(), most.Load(), served, failed, a.codes)
	if most.Load() > 250 {
		t.Errorf("%d ran at once", most.Load())
	}
	if failed > 0 {
		t.Errorf("%d requests of others failed", failed)
	}
}
