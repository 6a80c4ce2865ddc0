package tracing

import (
	"bytes"
	"encoding/hex"

	"github.com/valyala/fasthttp"
	"go.opentelemetry.io/otel/trace"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/exchange"
)

// The headers of the Trace Context.
const (
	headerParent = "Traceparent"
	headerState  = "Tracestate"
)

const (
	// parentSize is the length of a traceparent of version 00.
	parentSize = 55
	// maxState is how much of a tracestate is passed on (§3.3.1.1), largeMember what of
	// it goes first.
	maxState, largeMember = 512, 128
)

// parent reads whose part a request says to be (§3.2); ok is false where it says
// nothing, or nothing that holds: then a trace begins here.
func parent(h *fasthttp.RequestHeader) (t exchange.Trace, ok bool) {
	if len(h.Peek(headerParent)) == 0 {
		return t, false // most requests
	}
	all := h.PeekAll(headerParent)
	if len(all) != 1 {
		return t, false
	}
	return parse(bytes.Trim(all[0], " \t"))
}

// parse reads a traceparent. Of versions that are not known yet the first four fields
// are read, as the standard says.
func parse(v []byte) (t exchange.Trace, ok bool) {
	if len(v) < parentSize || v[2] != '-' || v[35] != '-' || v[52] != '-' {
		return t, false
	}
	var version, flags [1]byte
	if !bits(version[:], v[:2]) || !bits(t.ID[:], v[3:35]) || !bits(t.Span[:], v[36:52]) || !bits(flags[:], v[53:55]) {
		return t, false
	}
	switch {
	case version[0] == 0xff, version[0] == 0 && len(v) != parentSize, len(v) > parentSize && v[parentSize] != '-':
		return t, false
	case t.ID == [16]byte{}, t.Span == [8]byte{}:
		return t, false
	}
	t.Flags = flags[0] & (exchange.Sampled | exchange.Random)
	return t, true
}

// bits reads hexadecimal digits, which must be in lower case.
func bits(to, text []byte) bool {
	for _, c := range text {
		if c >= 'A' && c <= 'F' {
			return false
		}
	}
	_, err := hex.Decode(to, text)
	return err == nil
}

// text appends a traceparent of version 00.
func text(to []byte, id [16]byte, span [8]byte, flags byte) []byte {
	to = append(to, "00-"...)
	to = hex.AppendEncode(to, id[:])
	to = append(to, '-')
	to = hex.AppendEncode(to, span[:])
	return append(to, '-', '0', '0'+flags)
}

// state reads what vendors say of the trace, makes it one header, and bounds it. What
// does not hold goes, whole: the trace goes on without it (§3.3.1).
func state(h *fasthttp.RequestHeader) trace.TraceState {
	all := h.PeekAll(headerState)
	if len(all) == 0 {
		return trace.TraceState{}
	}
	joined := string(bytes.Join(all, []byte(",")))
	s, err := trace.ParseTraceState(joined)
	if err != nil || s.Len() == 0 {
		h.Del(headerState)
		return trace.TraceState{}
	}
	s = bounded(s)
	if written := s.String(); len(all) != 1 || written != joined {
		h.Del(headerState)
		h.Set(headerState, written)
	}
	return s
}

// bounded drops members until a state is no longer than is passed on: large ones
// first, then the oldest, which are the last.
func bounded(s trace.TraceState) trace.TraceState {
	for _, least := range []int{largeMember, 0} {
		for len(s.String()) > maxState {
			last := ""
			s.Walk(func(key, value string) bool {
				if len(key)+1+len(value) > least {
					last = key
				}
				return true
			})
			if last == "" {
				break
			}
			s = s.Delete(last)
		}
	}
	return s
}
