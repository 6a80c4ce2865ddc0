package front

import (
	"errors"
	"net/http"

	"golang.org/x/net/http2/hpack"
)

const (
	// flagPadded and flagPriority have bytes before the fields of a head (RFC 9113 §6.2).
	flagPadded     = 0x8
	flagPriority   = 0x20
	priorityLength = 5
	// headTable is what the server keeps of a connection's fields, in bytes, and maxHeadSize
	// what it takes of a head (RFC 9113 §6.5.2): net/http adds ten fields to its bound.
	headTable   = 4096
	maxHeadSize = maxHeader + 10*32
)

// headSizes reads along with the heads of one connection, and finds those that the server behind
// it takes for too large: it refuses them, or ends the connection, and tells nobody.
type headSizes struct {
	decoder *hpack.Decoder
	// lead is how many bytes of the frame come before its fields, which have length bytes;
	// padded tells that the first byte of all says how many come behind them.
	lead, length int
	padded       bool
	// last tells that the frame ends the head.
	last bool
	// stream is the newest one of the client; fresh tells that the head begins one.
	stream uint32
	fresh  bool
	// left is what the head may still have. over tells that it has more, ended that the
	// server ends the connection.
	left        int
	over, ended bool
	// statuses are those of answers to heads that were too large, 0 for none.
	statuses []int
}

func newHeadSizes() *headSizes {
	h := &headSizes{}
	h.decoder = hpack.NewDecoder(headTable, h.field)
	h.decoder.SetMaxStringLength(maxHeadSize)
	return h
}

// begin takes what a frame of a head says before its fields.
func (h *headSizes) begin(kind, flags byte, stream uint32, length int) {
	h.lead, h.length, h.padded, h.last = 0, length, false, flags&flagEndHeaders != 0
	if kind == frameHeaders {
		h.fresh = stream > h.stream
		h.stream = max(h.stream, stream)
		h.left, h.over = maxHeadSize, false
		h.decoder.SetEmitEnabled(true)
		if flags&flagPriority != 0 {
			h.lead = priorityLength
		}
		h.padded = flags&flagPadded != 0
	}
	h.length -= h.lead
	if !h.padded {
		h.bound()
	}
}

// bound finds fields of which the server reads none.
func (h *headSizes) bound() {
	if h.length > 2*h.left {
		h.over, h.ended = true, true
	}
}

// take reads what the frame holds.
func (h *headSizes) take(b []byte) {
	if h.padded && len(b) > 0 {
		h.padded, h.length, b = false, h.length-1-int(b[0]), b[1:]
		h.bound()
	}
	n := min(h.lead, len(b))
	h.lead, b = h.lead-n, b[n:]
	n = min(max(h.length, 0), len(b))
	h.length -= n
	if n == 0 || h.ended {
		return
	}
	if _, err := h.decoder.Write(b[:n]); err != nil {
		h.over, h.ended = h.over || errors.Is(err, hpack.ErrStringLength), true
	}
}

// field counts one as the server does.
func (h *headSizes) field(f hpack.HeaderField) {
	size := int(f.Size())
	if size > h.left {
		h.decoder.SetEmitEnabled(false)
		h.left, h.over = 0, true
		return
	}
	h.left -= size
}

// end is that of the frame.
func (h *headSizes) end() {
	if h.last && !h.ended && h.decoder.Close() != nil {
		h.ended = true
	}
	if !h.over || !h.fresh || !h.last && !h.ended {
		return
	}
	h.fresh = false
	status := http.StatusRequestHeaderFieldsTooLarge
	if h.ended {
		status = 0
	}
	h.statuses = append(h.statuses, status)
}

// found returns the answers to heads that were too large since it was asked last.
func (h *headSizes) found() []int {
	out := h.statuses
	h.statuses = nil
	return out
}
