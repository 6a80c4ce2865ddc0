package focus

import (
	"bufio"
	"bytes"
)

// mark is the sign for UTF-8 that some programs write before a text. Before a quote it
// would keep a header from being read.
const mark = "\xef\xbb\xbf"

// unmarked leaves marks out at the beginnings of lines, where a file begins.
type unmarked struct {
	from   *bufio.Reader
	begins bool
}

// Read implements io.Reader.
func (u *unmarked) Read(p []byte) (int, error) {
	if u.begins {
		u.begins = false
		if head, _ := u.from.Peek(len(mark)); string(head) == mark {
			_, _ = u.from.Discard(len(mark)) // it is there
		}
	}
	if _, err := u.from.Peek(1); err != nil {
		return 0, err
	}
	held, _ := u.from.Peek(u.from.Buffered()) // it is there
	held = held[:min(len(held), len(p))]
	if i := begins(held); i >= 0 {
		held, u.begins = held[:i+1], true
	}
	n := copy(p, held)
	_, err := u.from.Discard(n)
	return n, err
}

// begins is where a line ends after which a mark is, or may be, -1 where none does.
func begins(text []byte) int {
	if i := bytes.Index(text, []byte("\n"+mark)); i >= 0 {
		return i
	}
	for n := range len(mark) {
		if bytes.HasSuffix(text, []byte("\n"+mark[:n])) {
			return len(text) - 1 - n
		}
	}
	return -1
}
