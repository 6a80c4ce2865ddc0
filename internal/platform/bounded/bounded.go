// Package bounded reads what has a bound, and ends with an error where there is more.
//
// It owns that end. An io.LimitReader ends as if there were no more, so that who reads an
// archive by it takes the beginning for all.
package bounded

import "io"

// Reader reads from r. Where there are more than n bytes, that is the error more.
func Reader(r io.Reader, n int64, more error) io.Reader { return &reader{r, n, more} }

type reader struct {
	from io.Reader
	left int64
	more error
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if r.left < 0 {
		return 0, r.more
	}
	if int64(len(p)) > r.left+1 {
		p = p[:r.left+1]
	}
	n, err := r.from.Read(p)
	if r.left -= int64(n); r.left < 0 {
		return n - 1, r.more
	}
	return n, err //nolint:wrapcheck // a reader's end is io.EOF as it is
}
