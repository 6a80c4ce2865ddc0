package exchange

import (
	"errors"
	"io"
)

// ErrTooLarge is the error of reading a body beyond its limit.
var ErrTooLarge = errors.New("the body is larger than the gateway takes")

// ErrAborted is the error of a read that was given up because nobody wants the
// body any more: no fault of the client.
var ErrAborted = errors.New("the body is not wanted any more")

// Body is a request's body: read once from the client, and again from what was
// kept of it, where all of it was.
type Body struct {
	// Length is how many bytes it has, -1 where the client did not say.
	Length int64

	r     io.Reader
	limit int64
	// kept is what has been read ahead; at is how much of it was passed on.
	kept []byte
	at   int
	// read counts what came from the client; over tells that it has ended.
	read int64
	over bool
	// gone tells that bytes were passed on that are not kept.
	gone bool
	err  error
	// tail comes behind the body; distrusted are the names in it that are not passed on.
	tail       Tail
	distrusted []func(name []byte) bool
}

// NewBody returns a body of length bytes, or of -1 for as many as come.
func NewBody(r io.Reader, length int64) *Body {
	return &Body{r: r, Length: length, limit: -1, over: length == 0 || r == nil}
}

// Limit bounds the body: what lies beyond is ErrTooLarge. It tells whether the
// client has said already that there is more.
func (b *Body) Limit(n int64) bool {
	if b.limit < 0 || n < b.limit {
		b.limit = n
	}
	return b.Length <= n
}

// Empty tells that there is no body.
func (b *Body) Empty() bool { return b.over && b.read == 0 && len(b.kept) == 0 }

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	if b.at < len(b.kept) {
		n := copy(p, b.kept[b.at:])
		b.at += n
		return n, nil
	}
	n, err := b.fetch(p)
	b.gone = b.gone || n > 0
	return n, err
}

// fetch reads from the client.
func (b *Body) fetch(p []byte) (int, error) {
	switch {
	case b.err != nil:
		return 0, b.err
	case b.over:
		return 0, io.EOF
	}
	n, err := b.r.Read(p)
	b.read += int64(n)
	if b.limit >= 0 && b.read > b.limit {
		n, err = max(0, n-int(b.read-b.limit)), ErrTooLarge
	}
	switch {
	case errors.Is(err, io.EOF):
		b.over = true
	case err != nil:
		b.err = err
	}
	return n, err //nolint:wrapcheck // the error of the body itself
}

// Peek returns up to n bytes of what has not been read yet, and keeps them;
// whole tells that there are no more.
func (b *Body) Peek(n int) (head []byte, whole bool, err error) {
	if b.at > 0 && b.at == len(b.kept) && b.gone {
		b.kept, b.at = b.kept[:0], 0
	}
	for len(b.kept)-b.at < n && !b.over && b.err == nil {
		size := min(n-(len(b.kept)-b.at), 32<<10)
		if free := cap(b.kept) - len(b.kept); free < size {
			b.kept = append(make([]byte, 0, max(2*cap(b.kept), len(b.kept)+size)), b.kept...)
		}
		end := len(b.kept)
		got, _ := b.fetch(b.kept[end : end+size])
		b.kept = b.kept[:end+got]
	}
	if b.err != nil {
		return nil, false, b.err
	}
	if !b.over && b.Length >= 0 && b.read == b.Length {
		b.over = true
	}
	head = b.kept[b.at:]
	if len(head) > n {
		return head[:n], false, nil
	}
	return head, b.over, nil
}

// Keep reads the body whole if it has no more than n bytes, so that it can be
// sent again; it tells whether it can.
func (b *Body) Keep(n int) (bool, error) {
	if b.Length > int64(n) || b.gone {
		return false, nil
	}
	_, whole, err := b.Peek(n + 1)
	return whole, err
}

// Whole returns the kept body, once Keep has said true.
func (b *Body) Whole() []byte { return b.kept }

// Replace makes content the body.
func (b *Body) Replace(content []byte) {
	b.kept, b.at, b.over, b.gone, b.Length = content, 0, true, false, int64(len(content))
	b.tail = Tail{} // it may speak of what was there before
}

// Rewind starts the body over; false says that it cannot be sent again.
func (b *Body) Rewind() bool {
	if b.gone || b.err != nil {
		return false
	}
	b.at = 0
	return true
}

// Err is what broke the body, from the client's side.
func (b *Body) Err() error {
	if errors.Is(b.err, ErrAborted) {
		return nil
	}
	return b.err
}
