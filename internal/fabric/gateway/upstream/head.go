package upstream

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/valyala/fasthttp"

	"github.com/terrace-idp/terrace/internal/fabric/gateway/route"
)

// MessageError is an answer that is not HTTP/1.1 as RFC 9112 has it, or that can
// be read in two ways.
type MessageError struct{ Reason string }

// Error implements error.
func (e *MessageError) Error() string { return "the answer is not HTTP: " + e.Reason }

// readHead reads the head of an answer, strictly: what one reader takes as its
// end or length and another does not would let a service speak for another.
func readHead(r *bufio.Reader, h *fasthttp.ResponseHeader) error {
	raw, err := peekHead(r)
	if err != nil {
		return err
	}
	if err := checkHead(raw); err != nil {
		return err
	}
	if err := h.Read(r); err != nil {
		return fmt.Errorf("%w", &MessageError{Reason: err.Error()})
	}
	return nil
}

const headEnd = "\r\n\r\n"

// peekHead waits until a head is there whole; it must fit the reader's buffer.
func peekHead(r *bufio.Reader) ([]byte, error) {
	looked := 0
	for {
		b, err := r.Peek(max(r.Buffered(), 1))
		if err != nil && len(b) == 0 {
			return nil, err //nolint:wrapcheck // judged by its kind
		}
		b, _ = r.Peek(r.Buffered())
		if i := bytes.Index(b[looked:], []byte(headEnd)); i >= 0 {
			return b[:looked+i+len(headEnd)], nil
		}
		if len(b) == r.Size() {
			return nil, &MessageError{Reason: "its head is too long"}
		}
		if !bytes.HasPrefix(b, []byte("HTTP/1.")[:min(len(b), 7)]) {
			return nil, &MessageError{Reason: "it does not begin with HTTP/1"}
		}
		looked = max(0, len(b)-len(headEnd)+1)
		if _, err := r.Peek(len(b) + 1); err != nil {
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return nil, err //nolint:wrapcheck // judged by its kind
		}
	}
}

// checkHead looks at each line of a head.
func checkHead(raw []byte) error {
	end := bytes.IndexByte(raw, '\r')
	if !statusLine(raw[:end]) {
		return &MessageError{Reason: "its status line is none"}
	}
	old := raw[7] == '0'
	lengths, codings := 0, 0
	for rest := raw[end:]; len(rest) > 4; {
		rest = rest[2:]
		end := bytes.IndexByte(rest, '\r')
		line := rest[:end]
		rest = rest[end:]
		if rest[1] != '\n' {
			return &MessageError{Reason: "a line ends in the middle"}
		}
		name, value, ok := field(line)
		switch {
		case !ok:
			return &MessageError{Reason: "a header is none"}
		case len(name) == len("content-length") && bytes.EqualFold(name, []byte("content-length")):
			lengths++
			if !digits(value) {
				return &MessageError{Reason: "its length is no number"}
			}
		case len(name) == len("transfer-encoding") && bytes.EqualFold(name, []byte("transfer-encoding")):
			codings++
			if !bytes.EqualFold(value, []byte("chunked")) {
				return &MessageError{Reason: "its transfer coding is not known"}
			}
		}
	}
	if lengths > 1 || codings > 1 || codings > 0 && (lengths > 0 || old) {
		return &MessageError{Reason: "it says its length in two ways"}
	}
	return nil
}

// statusLine is HTTP/1.x, a space, three digits and maybe a reason.
func statusLine(line []byte) bool {
	return len(line) >= 12 && string(line[:7]) == "HTTP/1." && (line[7] == '0' || line[7] == '1') && line[8] == ' ' &&
		line[9] >= '1' && line[9] <= '9' && digits(line[10:12]) && (len(line) == 12 || line[12] == ' ') && !controls(line)
}

// field splits a header line; a name holds no spaces, a value no controls.
func field(line []byte) (name, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || !route.Token(line[:i]) {
		return nil, nil, false
	}
	value = bytes.Trim(line[i+1:], " \t")
	return line[:i], value, !controls(value)
}

func controls(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return true
		}
	}
	return false
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0 && len(b) <= 18
}
