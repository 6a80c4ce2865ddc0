package mysql

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Redefined returns statements that Dump has written, in which views, routines, triggers and
// events that a user has defined are of another one: the former may do nothing in another
// database. Rows stay as they are.
func Redefined(r io.Reader, was, is string) io.Reader {
	return &redefined{
		from: bufio.NewReaderSize(r, 64<<10), begin: true,
		was: []byte("DEFINER=" + name(was) + "@"), is: []byte("DEFINER=" + name(is) + "@"),
	}
}

type redefined struct {
	from    *bufio.Reader
	was, is []byte
	// begin tells that a line begins, and rows that it is one of rows.
	begin, rows bool
	left        []byte
}

// Read implements io.Reader. What defines something is at the begin of its line.
func (d *redefined) Read(p []byte) (int, error) {
	if len(d.left) == 0 {
		part, err := d.from.ReadSlice('\n')
		if len(part) == 0 && err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return 0, err
		}
		if d.begin {
			d.rows = bytes.HasPrefix(part, []byte("INSERT INTO "))
		}
		d.left = part
		if !d.rows {
			d.left = bytes.ReplaceAll(part, d.was, d.is)
		}
		d.begin = part[len(part)-1] == '\n'
	}
	n := copy(p, d.left)
	d.left = d.left[n:]
	return n, nil
}
